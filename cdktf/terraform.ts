/**
 * The CDKTF CLI in small: synthesizes one environment and runs Terraform on it.
 * Usage: tsx cdktf/terraform.ts <plan|deploy|destroy|output> <environment or settings file> [further arguments of Terraform ...]
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { SettingsError } from "./settings-problems.js";
import { ENVIRONMENTS_DIR, stackName, synthesize } from "./synthesize.js";

const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;
const PLAN = "collector.tfplan";
/** Kept beside this file because cdktf.out is thrown away. */
const LOCK = ".terraform.lock.hcl";
const LOCK_KEPT = fileURLToPath(new URL(LOCK, import.meta.url));

/** Terraform's commands for each of ours. `-out` keeps the plan, so that what was read is what is applied. */
const COMMANDS: Readonly<Record<string, (extra: readonly string[]) => readonly (readonly string[])[]>> = {
  plan: (extra) => [["plan", `-out=${PLAN}`, ...extra]],
  deploy: (extra) => [["apply", ...extra]],
  destroy: (extra) => [["destroy", ...extra]],
  output: (extra) => [["output", ...extra]],
};

/** The exit code: 0, Terraform's own, 64 for a wrong call, 78 for wrong settings. */
function run(command: string | undefined, environment: string | undefined, extra: readonly string[]): number {
  const steps = command === undefined ? undefined : COMMANDS[command];
  if (!steps || environment === undefined) {
    process.stderr.write(`Usage: terraform.ts <${Object.keys(COMMANDS).join("|")}> <environment or settings file> [arguments of Terraform ...]\n`);
    return EXIT_USAGE;
  }
  const file = environment.endsWith(".json") ? environment : join(ENVIRONMENTS_DIR, `${environment}.json`);
  const app = synthesize([file]);
  const folder = join(app.outdir, "stacks", stackName(file));
  if (existsSync(LOCK_KEPT)) copyFileSync(LOCK_KEPT, join(folder, LOCK));
  for (const step of [["init", "-input=false"], ...steps(extra)]) {
    const status = terraform(folder, step);
    if (status !== 0) return status;
    if (step[0] === "init" && existsSync(join(folder, LOCK))) copyFileSync(join(folder, LOCK), LOCK_KEPT);
  }
  return 0;
}

/** What `init` says goes to standard error, so that standard output holds the answer alone: url=$(... output prod -raw collector_url). */
function terraform(folder: string, args: readonly string[]): number {
  const stdout = args[0] === "init" ? process.stderr.fd : "inherit";
  const { status, error } = spawnSync("terraform", [`-chdir=${relative(process.cwd(), folder)}`, ...args], { stdio: ["inherit", stdout, "inherit"] });
  if (error) process.stderr.write(`terraform cannot be started (${error.message}): install Terraform 1.11 or newer.\n`);
  return status ?? 1;
}

const [command, environment, ...extra] = process.argv.slice(2);
try {
  process.exitCode = run(command, environment, extra);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_CONFIG;
}
