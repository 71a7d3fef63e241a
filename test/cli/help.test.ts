/** The help of the command line: every command has words and examples, and every example is a command line that it understands. */
import assert from "node:assert/strict";
import type { Command } from "commander";
import { loadProgram } from "../../service/cli/program.js";

/** Commands that do something: groups stand for their members. */
function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

/** The help as it is printed, with what was added before and after. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 200 });
  command.outputHelp();
  return text;
}

/** Words of the example lines, without pipe and comment. */
function examplesIn(help: string): string[][] {
  return [...help.matchAll(/^ {2}(?:collector|npm run (demo)(?: --)?) ?(.*)$/gm)].map(([, script, rest = ""]) => {
    const line = rest.replace(/ [|#] ?.*$/, "").trim();
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    return script === undefined ? words : [script, ...words];
  });
}

describe("help of the command line", () => {
  let given: NodeJS.ProcessEnv;
  before(() => {
    given = process.env;
    // Every command that talks to a collector wants an access key.
    process.env = { ...given, COLLECTOR_ACCESS_ID: "id", COLLECTOR_ACCESS_KEY: "key" };
  });
  after(() => void (process.env = given));

  it("has words and examples for every command, and understands each example", async () => {
    const commands = leaves(await loadProgram());
    assert.ok(commands.length > 18, String(commands.length));
    for (const command of commands) {
      const examples = examplesIn(helpOf(command));
      assert.ok(command.description().length > 10, command.name());
      assert.ok(examples.length > 0, `${command.name()} has no example`);
      for (const words of examples) await understood(words);
    }
    for (const words of examplesIn(helpOf(await loadProgram()))) if (words[0] !== "help") await understood(words);
  });

  it("loads alone what is asked for by name, and everything else finds itself among all", async () => {
    const all = await loadProgram();
    for (const { name } of all.commands.map((command) => ({ name: command.name() }))) {
      const alone = await loadProgram(name);
      assert.ok(alone.commands.some((command) => command.name() === name) && alone.commands.length < all.commands.length, name);
    }
  });
});

/** Parses a command line whose commands do nothing. Throws what commander throws. */
async function understood(words: readonly string[]): Promise<void> {
  const program = await loadProgram();
  let done = 0;
  for (const command of leaves(program)) command.exitOverride().configureOutput({ writeErr: () => undefined }).action(() => void done++);
  await program.exitOverride().parseAsync([...words], { from: "user" });
  assert.equal(done, 1, words.join(" "));
}
