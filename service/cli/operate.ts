/** `collector sources|status|coverage|backfill|pause|resume|rewind|give-up`: an operator's hand on a running collector, through its API. */
import type { Command } from "commander";
import { addAddress } from "./address.js";
import { callApi, type ApiAddress } from "./call-api.js";
import { instant } from "./numbers.js";
import { allSources, pathOfSource } from "./source-path.js";

type Where = ApiAddress;

export function addOperate(program: Command): void {
  const command = (name: string, description: string) =>
    addAddress(program.command(name).description(description));
  const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

  command("sources", "list the sources of every collector").action(async (where: Where) => print({ sources: await allSources(where) }));
  command("status <source>", "state of one source").action(async (id: string, where: Where) => print(await callApi(where, "GET", `${await pathOfSource(where, id)}/status`)));
  command("coverage <source>", "what was read, settled, lost")
    .option("--from <instant>", "ISO instant", instant)
    .option("--to <instant>", "ISO instant", instant)
    .action(async (id: string, where: Where & { from?: number; to?: number }) => print(await callApi(where, "GET", `${await pathOfSource(where, id)}/coverage${query(where)}`)));
  command("backfill <source>", "read what coverage lacks between two instants, below live work in priority")
    .requiredOption("--from <instant>", "ISO instant", instant)
    .requiredOption("--to <instant>", "ISO instant", instant)
    .option("--again", "read and deliver everything once more, not only what is missing")
    .addHelpText("after", "\nExample:\n  collector backfill 100000001 --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z")
    .action(async (id: string, where: Where & { from: number; to: number; again?: boolean }) =>
      print(await callApi(where, "POST", `${await pathOfSource(where, id)}/backfill`, { ...window(where), again: where.again === true })));
  command("pause <source>", "stop collecting; nothing is lost within the API's history").action(async (id: string, where: Where) => print(await callApi(where, "POST", `${await pathOfSource(where, id)}/pause`, {})));
  command("resume <source>", "go on collecting where it stopped").action(async (id: string, where: Where) => print(await callApi(where, "POST", `${await pathOfSource(where, id)}/resume`, {})));
  command("rewind <source>", "put the cursor back: everything since is read and delivered again")
    .requiredOption("--to <instant>", "ISO instant", instant)
    .action(async (id: string, where: Where & { to: number }) => print(await callApi(where, "POST", `${await pathOfSource(where, id)}/rewind`, { to: new Date(where.to).toISOString() })));
  command("give-up <source>", "record an unread stretch as lost, so that the cursor passes it")
    .requiredOption("--from <instant>", "ISO instant", instant)
    .requiredOption("--to <instant>", "ISO instant", instant)
    .action(async (id: string, where: Where & { from: number; to: number }) => print(await callApi(where, "POST", `${await pathOfSource(where, id)}/give-up`, window(where))));
}

function window({ from, to }: { from: number; to: number }) {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

function query({ from, to }: { from?: number; to?: number }): string {
  const given = Object.entries({ from, to }).flatMap(([name, ms]) => (ms === undefined ? [] : [`${name}=${new Date(ms).toISOString()}`]));
  return given.length > 0 ? `?${given.join("&")}` : "";
}
