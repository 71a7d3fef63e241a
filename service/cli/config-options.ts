/** What the commands of configuration from files have in common: options, and reading a folder. */
import { Option, type Command } from "commander";
import { OriginFailed } from "../core/config-origin.js";
import type { FileProblem } from "../gitops/config-file.js";
import { judgeObjects } from "../gitops/desired.js";
import { isConfigPath, readRepository, type ConfigObject } from "../gitops/repository.js";
import { systemClock } from "../system/clock.js";
import { readConfigFolder } from "../system/config-folder.js";

export interface FolderOptions {
  readonly environment?: string;
  /** Names of destinations that the operator gives. */
  readonly destination: readonly string[];
}
export interface ReadFolder {
  readonly objects: readonly ConfigObject[];
  readonly environments: readonly string[];
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
}

/** Every source may send to it: a collector has it unless its operator named others. */
const DESTINATION_DEFAULT = "default";

export function withFolderOptions(command: Command): Command {
  return command
    .addOption(new Option("--environment <name>", "merge the files of environments/<name> over the others").env("COLLECTOR_CONFIG_ENVIRONMENT"))
    .option("--destination <name...>", "destinations that the collector's operator gives, beside \"default\"", []);
}

/** Reads and judges a folder, offline. What cannot be read is a problem like any other. */
export async function readFolder(folder: string, { environment, destination }: FolderOptions): Promise<ReadFolder> {
  try {
    const { objects, environments, problems } = readRepository(await readConfigFolder(folder, isConfigPath), environment);
    const verdict = judgeObjects(objects, { nowMs: systemClock.nowMs(), otherDestinations: [DESTINATION_DEFAULT, ...destination] });
    return { objects, environments, problems: [...problems, ...verdict.problems], warnings: verdict.warnings };
  } catch (thrown) {
    if (!(thrown instanceof OriginFailed)) throw thrown;
    return { objects: [], environments: [], problems: [{ file: ".", pointer: "", message: `${thrown.message}.`, remedy: "Correct the path." }], warnings: [] };
  }
}
