/** `collector keys list|create|change|revoke`: access keys of a running collector, through its API. */
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
interface Change extends ApiAddress {
  readonly name?: string;
  readonly role?: string;
  readonly expires?: number | "never";
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

  addAddress(keys.command("change <access-id>").description("change name, role or expiry of an access key; what is not given stays"))
    .option("--name <name>", "who or what uses it")
    .addOption(new Option("--role <role>", "what it may do").choices(["reader", "editor", "admin"]))
    .option("--expires <instant>", 'ISO instant from which on it opens nothing, or "never"', (text) => (text === "never" ? text : instant(text)))
    .option("--json", "as the API answers")
    .addHelpText("after", "\nExamples:\n  collector keys change suAbCdEfGhIjKlMn --expires 2027-01-01T00:00:00Z\n  collector keys change suAbCdEfGhIjKlMn --role reader --expires never")
    .action(async (id: string, where: Change) => {
      const path = `/accessKeys/${encodeURIComponent(id)}`;
      const { accessKey: before } = (await callApi(where, "GET", path)) as { accessKey: Key };
      const expires = where.expires === undefined ? before.expires : where.expires === "never" ? null : new Date(where.expires).toISOString();
      const answer = (await callApi(where, "PUT", path, { name: where.name ?? before.name, role: where.role ?? before.role, ...(expires === null ? {} : { expires }) })) as { accessKey: Key };
      if (where.json) return printJson(answer);
      const { name, role, state } = answer.accessKey;
      printLines(`${id} (${name}) is ${state}, with the role ${role}, and expires ${answer.accessKey.expires ?? "never"}.`);
    });

  addAddress(keys.command("revoke <access-id>").description("revoke an access key: it opens nothing from now on, for ever"))
    .addHelpText("after", "\nExample:\n  collector keys revoke suAbCdEfGhIjKlMn")
    .action(async (id: string, where: ApiAddress) => {
      await callApi(where, "DELETE", `/accessKeys/${encodeURIComponent(id)}`);
      printLines(`${id} is revoked.`);
    });
}
