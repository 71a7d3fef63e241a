/** `collector validate`: checks a configuration repository offline. */
import { Option, type Command } from "commander";
import { PROBLEM_FORMATS, tellProblems, type ProblemFormat } from "../gitops/tell-problems.js";
import { readFolder, withFolderOptions, type FolderOptions, type ReadFolder } from "./config-options.js";

type Options = FolderOptions & { readonly format: ProblemFormat };

const HELP = `
Without --environment every environment of the folder is checked; a folder without environments is checked as it is.
Exit code: 0 when all is in order, 1 when something is wrong.

Examples:
  collector validate .
  collector validate . --environment production --format json
  collector validate examples/config-repo --format github   # annotations on a pull request`;

export function addValidate(program: Command): void {
  withFolderOptions(program.command("validate <folder>"))
    .description("check a configuration repository, offline")
    .addOption(new Option("--format <format>", "how problems are told").choices(PROBLEM_FORMATS).default("text"))
    .addHelpText("after", HELP)
    .action(async (folder: string, options: Options) => {
      const found = await readAll(folder, options);
      process.stdout.write(tellProblems(found, options.format, folder));
      process.exitCode = found.problems.length === 0 ? 0 : 1;
    });
}

async function readAll(folder: string, options: Options): Promise<Pick<ReadFolder, "problems" | "warnings"> & { summary: string }> {
  const whole = await readFolder(folder, options);
  const each = options.environment === undefined ? whole.environments : [];
  if (each.length === 0) return { ...whole, summary: summary(whole, options.environment === undefined ? [] : [options.environment]) };
  const all = await Promise.all(each.map((environment) => readFolder(folder, { ...options, environment })));
  const problems = distinct(all.flatMap((one) => one.problems));
  return { problems, warnings: distinct(all.flatMap((one) => one.warnings)), summary: summary({ ...whole, problems }, each) };
}

function summary({ objects, problems }: ReadFolder, environments: readonly string[]): string {
  const count = (kind: string) => counted(objects.filter((object) => object.kind === kind).length, kind);
  const where = environments.length === 0 ? "" : ` (environments: ${environments.join(", ")})`;
  const verdict = problems.length === 0 ? "all in order" : counted(problems.length, "problem");
  const collectors = objects.some((object) => object.kind === "collector") ? `${count("collector")}, ` : "";
  return `${collectors}${count("source")}, ${count("destination")}${where}: ${verdict}.`;
}

function counted(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

/** What is wrong in every environment is told once. */
function distinct<T>(problems: readonly T[]): T[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
