/** From the settings file of one Azure environment to a checked, complete value. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { EnvironmentSettings } from "./environment-settings.js";
import { withDefaults } from "./profiles.js";
import { RULES } from "./settings-rules.js";
import { SettingsError, schemaProblems, type Problem } from "./settings-problems.js";

const SCHEMA: object = JSON.parse(readFileSync(new URL("../schema/azure-settings.schema.json", import.meta.url), "utf8")) as object;
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(SCHEMA);

/**
 * Checks settings and fills in the profile's defaults.
 * Throws SettingsError with every problem found, each with its field and remedy.
 */
export function parseSettings(given: unknown): EnvironmentSettings {
  const problems: Problem[] = [];
  if (!validate(given)) problems.push(...schemaProblems(validate.errors ?? [], SCHEMA));
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new SettingsError(problems);
  const wrong = new Set(problems.map((problem) => problem.field.split("/")[1] ?? ""));
  const settings = withDefaults(given) as unknown as EnvironmentSettings;
  for (const rule of RULES) {
    // A rule is asked only when the parts it reads have the right shape.
    if (!rule.reads.some((part) => wrong.has(part))) problems.push(...rule.check(settings));
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** Reads and checks a settings file. Throws SettingsError, also when the file is missing or no JSON. */
export function readSettings(path: string): EnvironmentSettings {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingsError([{ field: "", message: `cannot be read: ${reason}.`, remedy: "Give the path of a JSON file." }], path, { cause: error });
  }
  try {
    return parseSettings(given);
  } catch (error) {
    if (error instanceof SettingsError) throw new SettingsError(error.problems, path, { cause: error });
    throw error;
  }
}
