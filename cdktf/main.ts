/**
 * Entry point of the CDKTF CLI and of npm run synth.
 * Usage: tsx cdktf/main.ts [settings file ...]; without files every file of cdktf/environments.
 */
import { relative } from "node:path";
import { SettingsError } from "./settings-problems.js";
import { settingsFiles, stackName, synthesize } from "./synthesize.js";

/** sysexits.h EX_CONFIG, as the service ends with when its settings are wrong. */
const EXIT_CONFIG = 78;

const named = process.argv.slice(2);
const files = named.length > 0 ? named : settingsFiles();
try {
  const app = synthesize(files);
  for (const file of files) process.stdout.write(`${relative(process.cwd(), file)} -> ${relative(process.cwd(), app.outdir)}/stacks/${stackName(file)}/cdk.tf.json\n`);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT_CONFIG;
}
