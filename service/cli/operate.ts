/** `collector pause|resume|restart|rewind|give-up|backfill`: an operator's hand on a running collector, through its API. */
import type { Command } from "commander";
import { addAddress } from "./address.js";
import { followBackfill } from "./backfill-progress.js";
import { callApi, type ApiAddress } from "./call-api.js";
import { findSource, type SourceSeen } from "./find-source.js";
import { SOURCE_HELP, stateOf } from "./look.js";
import { instant } from "./numbers.js";
import { lengthOf, printJson, printLines } from "./print.js";

type Where = ApiAddress & { readonly json?: boolean };
type Window = { readonly from: string; readonly to: string };
/** What is applied when the worker's turn is over. */
type Pending = { readonly pending?: object; readonly message?: string };
type Told<Answer> = (answer: Answer, name: string) => string;

export function addOperate(program: Command): void {
  const command = (name: string, description: string, examples: readonly string[]) =>
    addAddress(program.command(`${name} <source>`).description(description))
      .option("--json", "as the API answers")
      .addHelpText("after", `${SOURCE_HELP}\n\nExamples:\n${examples.map((example) => `  collector ${example}`).join("\n")}`);

  command("pause", "stop collecting; nothing is lost within the API's history", ["pause contoso"]).action((given: string, where: Where) => change(where, given, "pause", {}, paused));
  command("resume", "go on collecting where it stopped", ["resume contoso"]).action((given: string, where: Where) => change(where, given, "resume", {}, paused));
  command("restart", "start authentication and health anew, as after a mended configuration", ["restart contoso"])
    .action((given: string, where: Where) => change(where, given, "action/restart", {}, (_answer, name) => `${name} starts anew.`));
  command("rewind", "put the cursor back: everything since is read and delivered again", ["rewind contoso --to 2026-11-22T08:00:00Z"])
    .requiredOption("--to <instant>", "ISO instant", instant)
    .action((given: string, where: Where & { to: number }) => change(where, given, "rewind", { to: new Date(where.to).toISOString() }, (answer: { rewind: { cursor: string } }, name) => `The cursor of ${name} is at ${answer.rewind.cursor}.`));
  withWindow(command("give-up", "record an unread stretch as lost, so that the cursor passes it", ["give-up contoso --from 2026-11-01T00:00:00Z --to 2026-11-01T01:00:00Z"]))
    .action((given: string, where: Where & Bounds) => change(where, given, "give-up", window(where), (answer: { giveUp: { lost: readonly Window[] } }, name) => lost(answer.giveUp.lost, name)));
  addBackfill(command);
}

function addBackfill(command: (name: string, description: string, examples: readonly string[]) => Command): void {
  const examples = ["backfill contoso --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z", "backfill 100000001 --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z --again --wait"];
  withWindow(command("backfill", "read what coverage lacks between two instants, below live work in priority", examples))
    .option("--again", "read and deliver everything once more, not only what is missing")
    .option("--wait", "wait until it is done, with its progress on standard error; Ctrl-C ends the waiting alone")
    .action(async (given: string, where: Where & Bounds & { again?: boolean; wait?: boolean }) => {
      const told: Told<{ backfill: Window & { id: string; seconds: number } }> = ({ backfill: { id, from, to, seconds } }, name) => `Backfill ${id} of ${name}: ${from} to ${to}, ${seconds > 0 ? `${lengthOf(seconds)} in all` : "nothing is missing"}.`;
      const posted = await post<{ backfill: Window & { id: string; seconds: number } }>(where, given, "backfill", { ...window(where), again: where.again === true });
      tell(where, posted, told);
      const { source, path, answer } = posted;
      // What waits for the worker's turn has no id yet: that was told.
      if (where.wait && answer.pending === undefined) await followBackfill(where, { name: source.name, path, id: answer.backfill.id });
    });
}

interface Bounds {
  readonly from: number;
  readonly to: number;
}

function withWindow(command: Command): Command {
  return command.requiredOption("--from <instant>", "ISO instant", instant).requiredOption("--to <instant>", "ISO instant", instant);
}

interface Posted<Answer> {
  readonly source: SourceSeen;
  readonly path: string;
  readonly answer: Answer & Pending;
}

async function change<Answer>(where: Where, given: string, action: string, body: object, told: Told<Answer>): Promise<void> {
  tell(where, await post<Answer>(where, given, action, body), told);
}

async function post<Answer>(where: Where, given: string, action: string, body: object): Promise<Posted<Answer>> {
  const { source, path } = await findSource(where, given);
  return { source, path, answer: (await callApi(where, "POST", `${path}/${action}`, body)) as Answer & Pending };
}

/** As JSON, in a sentence, or that it has to wait. */
function tell<Answer>({ json }: Where, { source, answer }: Posted<Answer>, told: Told<Answer>): void {
  if (json) printJson(answer);
  else printLines(answer.pending === undefined ? told(answer, `${source.name} (${source.id})`) : (answer.message ?? "Accepted."));
}

const paused: Told<{ source: SourceSeen }> = ({ source }, name) => `${name}: ${stateOf(source)}.`;

function lost(stretches: readonly Window[], name: string): string {
  if (stretches.length === 0) return `Nothing of ${name} is lost there.`;
  return `Recorded as lost of ${name}: ${stretches.map(({ from, to }) => `${from} to ${to}`).join(", ")}.`;
}

function window({ from, to }: Bounds): Window {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
