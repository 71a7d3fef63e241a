#!/usr/bin/env node
/** The command `collector`. One file per command; this one only lists them. */
import { Command } from "commander";
import { VERSION } from "../version.js";
import { addDemo } from "./demo.js";
import { addEmulator } from "./emulator.js";
import { addExport } from "./export.js";
import { addOperate } from "./operate.js";
import { addApply, addPlan } from "./plan.js";
import { addValidate } from "./validate.js";

const program = new Command("collector")
  .description("Collects Microsoft 365 message trace rows: now and complete.")
  .version(VERSION)
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: true });
addDemo(program);
addEmulator(program);
addOperate(program);
addValidate(program);
addPlan(program);
addApply(program);
addExport(program);
program.parseAsync().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
