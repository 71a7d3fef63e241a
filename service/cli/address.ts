/** Where a running collector is, and who asks: options that every command of its API takes. */
import { Option, type Command } from "commander";

export function addAddress(command: Command): Command {
  return command
    .addOption(new Option("--url <url>", "base URL of the collector").default("http://127.0.0.1:8080"))
    .addOption(new Option("--access-id <id>", "access id").env("COLLECTOR_ACCESS_ID").makeOptionMandatory())
    .addOption(new Option("--access-key <key>", "access key").env("COLLECTOR_ACCESS_KEY").makeOptionMandatory());
}
