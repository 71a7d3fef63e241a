/** `collector tail`: rows as they are delivered, until Ctrl-C. */
import { setTimeout as sleep } from "node:timers/promises";
import { Option, type Command } from "commander";
import { addAddress } from "./address.js";
import { callApi, type ApiAddress } from "./call-api.js";
import { findSource } from "./find-source.js";
import { SOURCE_HELP } from "./look.js";
import { integer } from "./numbers.js";
import { untilSignal } from "./until-signal.js";

interface Look {
  readonly lines: readonly { readonly at: string; readonly destination: string; readonly line: string }[];
  readonly next: string;
  readonly complete: boolean;
}
interface TailOptions extends ApiAddress {
  readonly destination?: string;
  readonly lines?: number;
  readonly intervalMs: number;
}

export function addTail(program: Command): void {
  addAddress(program.command("tail <source>").description("print rows as they are delivered, one JSON object per line; needs the role editor, for rows name people"))
    .option("--destination <name>", "what this destination takes; by default the first that takes something")
    .option("--lines <count>", "end after this many lines", integer(1))
    .addOption(new Option("--interval-ms <ms>", "milliseconds between two looks").default(1000).argParser(integer(10, 30_000)))
    .addHelpText("after", `${SOURCE_HELP}\n\nExamples:\n  collector tail contoso\n  collector tail contoso --lines 10 | jq .status\n\nThe collector keeps the last 1,000 lines (1 MB) while somebody looks; what is missed is told on standard error.\nCtrl-C ends it, with exit code 0.`)
    .action(async (given: string, options: TailOptions) => {
      const over = new AbortController();
      void untilSignal().then(() => over.abort());
      await follow(given, options, over.signal);
      // The wait for a signal would keep the process.
      process.exit(0);
    });
}

async function follow(given: string, options: TailOptions, over: AbortSignal): Promise<void> {
  const { path } = await findSource(options, given);
  const look = async (query: string) => (await callApi(options, "GET", `${path}/tail${query}`)) as Look;
  let { next } = await look("");
  let { destination } = options;
  let left = options.lines ?? Number.POSITIVE_INFINITY;
  while (left > 0 && !over.aborted) {
    const seen = await look(`?after=${next}`);
    if (!seen.complete) process.stderr.write("some lines were delivered faster than they could be shown: they are left out here\n");
    ({ next } = seen);
    for (const { destination: taker, line } of seen.lines) {
      destination ??= taker;
      if (taker !== destination || left <= 0) continue;
      process.stdout.write(`${line}\n`);
      left -= 1;
    }
    if (left > 0 && seen.lines.length < FULL) await sleep(options.intervalMs, undefined, { signal: over }).catch(() => undefined);
  }
}
/** An answer with this many lines has more behind it. */
const FULL = 1000;
