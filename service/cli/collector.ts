#!/usr/bin/env node
/** The command `collector`. One file per command; this one only lists them. */
import { Command } from "commander";
import { VERSION } from "../version.js";

type Add = (program: Command) => void;

const addDemo = async (): Promise<Add> => (await import("./demo.js")).addDemo;
const addEmulator = async (): Promise<Add> => (await import("./emulator.js")).addEmulator;
const addOperate = async (): Promise<Add> => (await import("./operate.js")).addOperate;
const addValidate = async (): Promise<Add> => (await import("./validate.js")).addValidate;
const addPlan = async (): Promise<Add> => (await import("./plan.js")).addPlan;
const addApply = async (): Promise<Add> => (await import("./plan.js")).addApply;
const addExport = async (): Promise<Add> => (await import("./export.js")).addExport;
const addKeys = async (): Promise<Add> => (await import("./keys.js")).addKeys;
const addTail = async (): Promise<Add> => (await import("./tail.js")).addTail;
const ALL = [addDemo, addEmulator, addOperate, addKeys, addTail, addValidate, addPlan, addApply, addExport];

/** Loaded alone when asked for: a check in CI shall not wait for the parts of the service. What is not listed finds itself among all. */
const ALONE = new Map([["demo", addDemo], ["emulator", addEmulator], ["validate", addValidate], ["plan", addPlan], ["apply", addApply], ["export", addExport], ["keys", addKeys], ["tail", addTail], ...["sources", "status", "coverage", "backfill", "pause", "resume", "rewind", "give-up"].map((name) => [name, addOperate] as const)]);

const program = new Command("collector")
  .description("Collects Microsoft 365 message trace rows: now and complete.")
  .version(VERSION)
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: true });

async function main(): Promise<void> {
  const asked = ALONE.get(process.argv[2] ?? "");
  for (const load of asked ? [asked] : ALL) (await load())(program);
  await program.parseAsync();
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
