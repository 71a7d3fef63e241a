/* oxlint-disable no-new -- in the CDK, making a construct is what adds it to the stack */
/** Settings files in, Terraform out. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "cdktf";
import { CollectorStack } from "./collector-stack.js";
import type { EnvironmentSettings } from "./environment-settings.js";
import { readSettings } from "./settings.js";
import { allOf, SettingsError } from "./settings-problems.js";

/** Folder of the settings files that are used when none is named. */
export const ENVIRONMENTS_DIR = fileURLToPath(new URL("environments", import.meta.url));

/** All settings files of the folder, sorted. */
export function settingsFiles(dir: string = ENVIRONMENTS_DIR): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => join(dir, name));
}

/** The stack of a settings file: "collector-" and the file's name without its ending. */
export function stackName(file: string): string {
  return `collector-${basename(file, ".json")}`;
}

/** Throws one SettingsError with the problems of all files. */
function checked(files: readonly string[]): { name: string; settings: EnvironmentSettings }[] {
  const wrong: SettingsError[] = [];
  const right = files.flatMap((file) => {
    try {
      return [{ name: stackName(file), settings: readSettings(file) }];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      wrong.push(error);
      return [];
    }
  });
  if (wrong.length > 0) throw allOf(wrong);
  return right;
}

/**
 * Writes one stack per settings file below `outdir` (default: cdktf.out, or what the CDKTF CLI asks for).
 * Every file is checked before anything is written. Throws SettingsError.
 */
export function synthesize(files: readonly string[], outdir?: string): App {
  const environments = checked(files);
  const app = new App(outdir === undefined ? {} : { outdir });
  for (const { name, settings } of environments) new CollectorStack(app, name, settings);
  app.synth();
  return app;
}
