#!/usr/bin/env node
/** The command `collector`: loads what is asked for, and ends as a shell expects. */
import { loadProgram } from "./program.js";

/** Whoever reads has enough ("| head -1"), or the disk is full: a sentence at most, and never a stack. */
function endWithoutReader(thrown: NodeJS.ErrnoException): never {
  if (thrown.code === "EPIPE") process.exit();
  process.stderr.write(`standard output cannot be written: ${thrown.message}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  process.stdout.on("error", endWithoutReader);
  process.stderr.on("error", () => undefined);
  const program = await loadProgram(process.argv[2]);
  await program.parseAsync();
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
