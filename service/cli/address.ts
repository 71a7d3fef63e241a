/** Where a running collector is, and who asks: options that every command of its API takes. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { COMMAND_LINE_URL, DEFAULT_PORT, ENVIRONMENT } from "../environment.js";

/** `flag` is what the command calls the address. */
export function addAddress(command: Command, flag: "--url" | "--against" | "--from" = "--url"): Command {
  return command
    .addOption(new Option(`${flag} <url>`, "base URL of the collector").env(COMMAND_LINE_URL).argParser(baseUrl).default(`http://127.0.0.1:${DEFAULT_PORT}`))
    .addOption(new Option("--access-id <id>", "access id").env(ENVIRONMENT.accessId).makeOptionMandatory())
    .addOption(new Option("--access-key <key>", "access key; in the environment other users of this machine do not see it").env(ENVIRONMENT.accessKey).makeOptionMandatory());
}

/** Without a trailing slash, and without what Terraform's base_url and the API's own paths have at their end. */
export function baseUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError("must be an address such as https://collector.example, without user, query and fragment.");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/(?:\/api)?(?:\/v1)?$/, "")}`;
}
