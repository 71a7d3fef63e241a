/** `collector plan` and `collector apply`: what a configuration repository would change in a running collector, and the change. */
import { Option, type Command } from "commander";
import { bundleOf, type Bundle } from "../gitops/bundle.js";
import { PLAN_FORMATS, tellPlan, type PlanFormat, type PlanForm } from "../gitops/tell-plan.js";
import { tellProblems } from "../gitops/tell-problems.js";
import { addAddress } from "./address.js";
import { callApi } from "./call-api.js";
import { readFolder, withFolderOptions, type FolderOptions } from "./config-options.js";

interface Options extends FolderOptions {
  readonly against: string;
  readonly accessId: string;
  readonly accessKey: string;
  readonly format: PlanFormat;
  readonly prune?: boolean;
  readonly revision: string;
}

const EXIT_CHANGES = 2;

const PLAN_HELP = `
Exit code: 0 when nothing would change, 2 when something would, 1 on an error.

Examples:
  collector plan . --against https://collector.example
  collector plan . --against https://collector.example --environment production --format markdown   # for a pull request`;

const APPLY_HELP = `
All or nothing: the files are judged whole, then everything is changed in one transaction. The same call again changes nothing.
A source whose file is gone is paused; --prune deletes it. What was not applied from files is left alone.

Examples:
  collector apply . --against https://collector.example
  collector apply . --against https://collector.example --environment production --prune --revision "$(git rev-parse HEAD)"`;

export function addPlan(program: Command): void {
  withPlanOptions(program.command("plan <folder>").description("show what a configuration repository would change in a running collector"))
    .addHelpText("after", PLAN_HELP)
    .action(async (folder: string, options: Options) => {
      const bundle = await bundleFrom(folder, options);
      if (!bundle) return;
      const { plan } = (await callApi({ ...options, url: options.against }, "POST", "/config/plan", bundle)) as { plan: PlanForm };
      process.stdout.write(tellPlan(plan, options.format, title("Plan", options)));
      process.exitCode = plan.steps.length > 0 ? EXIT_CHANGES : 0;
    });
}

export function addApply(program: Command): void {
  withPlanOptions(program.command("apply <folder>").description("make a running collector what a configuration repository says"))
    .addHelpText("after", APPLY_HELP)
    .action(async (folder: string, options: Options) => {
      const bundle = await bundleFrom(folder, options);
      if (!bundle) return;
      const { plan } = (await callApi({ ...options, url: options.against }, "POST", "/config/apply", bundle)) as { plan: PlanForm };
      process.stdout.write(tellPlan(plan, options.format, title("Applied", options)));
      if (options.format === "text") process.stdout.write(plan.steps.length > 0 ? "Done.\n" : "");
    });
}

function withPlanOptions(command: Command): Command {
  return withFolderOptions(addAddress(command, "--against"))
    .option("--prune", "delete sources whose files are gone, in place of pausing them")
    .addOption(new Option("--revision <name>", "what names this state of the files, such as the commit").env("GITHUB_SHA").default("unnamed"))
    .addOption(new Option("--format <format>", "how the plan is told").choices(PLAN_FORMATS).default("text"));
}

/** Undefined when the files are not in order: that was told, and the exit code is 1. */
async function bundleFrom(folder: string, options: Options): Promise<Bundle | undefined> {
  const { objects, problems, warnings } = await readFolder(folder, options);
  if (problems.length === 0) return bundleOf(objects, { revision: options.revision, prune: options.prune === true });
  process.stderr.write(tellProblems({ problems, warnings, summary: `${problems.length} ${problems.length === 1 ? "problem" : "problems"}: nothing was sent.` }, "text", folder));
  process.exitCode = 1;
  return undefined;
}

function title(what: string, { against, environment }: Options): string {
  return `${what}: ${new URL(against).host}${environment === undefined ? "" : `, environment ${environment}`}`;
}

