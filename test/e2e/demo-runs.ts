/** The demo as people run it: to its end, and again after Ctrl-C and after kill -9. */
import assert from "node:assert/strict";
import { startProgram, type Program } from "./program.js";
import { until } from "./until.js";

/** What a demo says at its end. */
const VERDICT = /produced (\d+), delivered (\d+), lost (\d+), repeated (\d+)/;

/** From beginning to end: exit 0, and not a row too few or too many. */
export async function runDemoToItsEnd(cli: readonly string[], folder: string): Promise<void> {
  const program = startDemo(cli, folder, ["--exit"]);
  const { code } = await program.ended;
  const [, produced, delivered, lost, repeated] = verdictOf(program);
  assert.deepEqual({ code, produced, delivered, lost, repeated }, { code: 0, produced: 300, delivered: 300, lost: 0, repeated: 0 }, program.said.out.slice(-1000));
}

/** Ctrl-C in the middle, then kill -9 in the middle, then to the end, all on one folder. */
export async function runDemoAgainAndAgain(cli: readonly string[], folder: string): Promise<void> {
  const stopped = startDemo(cli, folder, []);
  await untilDelivering(stopped);
  const { code } = await stopped.signal("SIGINT");
  assert.equal(code, 0, stopped.said.out.slice(-1000) + stopped.said.err);
  assert.match(stopped.said.out, /delivered \d+, still to come \d+, repeated 0/);
  assert.match(stopped.said.out, /Run it again and it goes on here/);

  const killed = startDemo(cli, folder, []);
  await untilDelivering(killed);
  await killed.signal("SIGKILL");

  const last = startDemo(cli, folder, ["--exit"]);
  const end = await last.ended;
  const [, produced, delivered, lost, repeated] = verdictOf(last);
  assert.deepEqual({ produced, delivered, lost }, { produced: 300, delivered: 300, lost: 0 }, last.said.out.slice(-1000));
  // The kill may have come between a batch and its commit: then, and only then, the demo says that something came twice.
  assert.equal(end.code, repeated === 0 ? 0 : 1);
}

function startDemo(cli: readonly string[], folder: string, more: readonly string[]): Program {
  return startProgram([...cli, "demo", "--rows", "300", "--data", folder, "--port", "0", ...more]);
}

/** The progress lines off a terminal say what was delivered. */
async function untilDelivering(program: Program): Promise<void> {
  await until("a demo that delivers", () => {
    if (program.hasEnded) throw new Error(`the demo ended: ${program.said.out}${program.said.err}`);
    return /\bdelivered [1-9]/.test(program.said.out);
  });
}

function verdictOf(program: Program): readonly number[] {
  const found = VERDICT.exec(program.said.out);
  if (!found) throw new Error(`the demo gave no verdict: ${program.said.out}${program.said.err}`);
  return found.map(Number);
}
