/** `collector keys list|create|revoke`: access keys of a running collector, through its API. */
import { Option, type Command } from "commander";
import { addAddress } from "./address.js";
import { callApi, type ApiAddress } from "./call-api.js";
import { instant } from "./numbers.js";
import { printJson, printLines, table } from "./print.js";

interface Wish extends ApiAddress {
  readonly role: string;
  readonly expires?: number;
  readonly json?: boolean;
}
interface Key {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly expires: string | null;
}

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("access keys: who may use the API, and for what; needs the key of an administrator");

  addAddress(keys.command("list").description("list the access keys"))
    .option("--json", "as the API answers")
    .addHelpText("after", "\nExamples:\n  collector keys list\n  collector keys list --json | jq -r '.accessKeys[] | select(.state == \"active\") | .id'")
    .action(async (where: ApiAddress & { json?: boolean }) => {
      const answer = (await callApi(where, "GET", "/accessKeys")) as { accessKeys: readonly Key[] };
      if (where.json) return printJson(answer);
      printLines(...table([["ACCESS ID", "ROLE", "STATE", "EXPIRES", "NAME"], ...answer.accessKeys.map(({ id, role, state, expires, name }) => [id, role, state, expires ?? "never", name])]));
    });

  addAddress(keys.command("create <name>").description("create an access key; it is shown once"))
    .addOption(new Option("--role <role>", "what it may do").choices(["reader", "editor", "admin"]).makeOptionMandatory())
    .option("--expires <instant>", "ISO instant from which on it opens nothing", instant)
    .option("--json", "as the API answers")
    .addHelpText("after", "\nExamples:\n  collector keys create terraform --role editor\n  collector keys create dashboards --role reader --expires 2027-01-01T00:00:00Z")
    .action(async (name: string, where: Wish) => {
      const wish = { name, role: where.role, ...(where.expires === undefined ? {} : { expires: new Date(where.expires).toISOString() }) };
      const answer = (await callApi(where, "POST", "/accessKeys", wish)) as { accessKey: { id: string; key: string } };
      const { id, key } = answer.accessKey;
      if (where.json) return printJson(answer);
      printLines(`access id   ${id}`, `access key  ${key}`, "", "The key is shown now and never again; only its hash is kept.");
    });

  addAddress(keys.command("revoke <access-id>").description("revoke an access key: it opens nothing from now on, for ever"))
    .addHelpText("after", "\nExample:\n  collector keys revoke suAbCdEfGhIjKlMn")
    .action(async (id: string, where: ApiAddress) => {
      await callApi(where, "DELETE", `/accessKeys/${encodeURIComponent(id)}`);
      printLines(`${id} is revoked.`);
    });
}
