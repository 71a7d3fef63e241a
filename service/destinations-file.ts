/** The destinations that the operator gives: the file of COLLECTOR_DESTINATIONS, or files in the data folder. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultDestinations, validateDestinations, type Destination } from "../schema/index.js";
import { ENVIRONMENT } from "./environment.js";
import { SettingsError, type Settings } from "./settings.js";

/** Where rows go when COLLECTOR_DESTINATIONS is not set. */
export function rowsFolder(dataDir: string): string {
  return join(resolve(dataDir), "rows");
}

/** Throws SettingsError that names the variable, the file and every field at fault. */
export function readDestinations({ destinationsPath, dataDir }: Pick<Settings, "destinationsPath" | "dataDir">): ReadonlyMap<string, Destination> {
  if (destinationsPath === undefined) return defaultDestinations(rowsFolder(dataDir));
  const name = `${ENVIRONMENT.destinations} names the file ${JSON.stringify(destinationsPath)}`;
  const verdict = validateDestinations(parsed(destinationsPath, name));
  if (verdict.ok) return verdict.destinations;
  const [first, ...others] = verdict.problems.map((problem) => problem.message);
  throw new SettingsError([`${name}, which is not right: ${first}`, ...others]);
}

function parsed(path: string, name: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unreadable";
    throw new SettingsError([`${name}, which cannot be read (${code}): correct the path or make the file readable for the collector.`]);
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    const said = thrown instanceof Error ? thrown.message.replace(/"[^"]*"\.{3}|\.{3}"[^"]*"/g, "") : "";
    throw new SettingsError([`${name}, which is not JSON: ${said.split(", ")[0]}.`]);
  }
}
