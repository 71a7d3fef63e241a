/** A plan for people: as text for a terminal, as Markdown for a pull request. Pure. */
import type { Difference } from "./difference.js";
import type { ObjectKind } from "./repository.js";

export type PlanFormat = "text" | "markdown" | "json";
export const PLAN_FORMATS: readonly PlanFormat[] = ["text", "markdown", "json"];

/** As the API answers it. */
export interface PlanForm {
  readonly steps: readonly {
    readonly kind: "create" | "update" | "pause" | "delete";
    readonly object: ObjectKind;
    readonly name: string;
    /** Of a source, where that is not the one that is always there. */
    readonly collector?: string;
    readonly file: string;
    readonly id?: number;
    readonly changes?: readonly Difference[];
    readonly deleteAt?: string;
  }[];
  readonly unchanged: number;
  readonly moved: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly notes: readonly string[];
  readonly warnings: readonly { readonly file: string; readonly message: string }[];
}

type StepForm = PlanForm["steps"][number];

const SIGNS = { create: "+", update: "~", pause: "‖", delete: "-" } as const;
const KINDS = ["create", "update", "pause", "delete"] as const;

/** The plan in that form, with a line feed at its end. */
export function tellPlan(plan: PlanForm, format: PlanFormat, title: string): string {
  if (format === "json") return `${JSON.stringify(plan, null, 2)}\n`;
  return format === "markdown" ? markdown(plan, title) : text(plan, title);
}

/** "2 to create, 1 to update, 3 unchanged". */
export function summaryOf({ steps, unchanged }: PlanForm): string {
  const counts = KINDS.map((kind) => [steps.filter((step) => step.kind === kind).length, kind] as const).filter(([count]) => count > 0);
  if (counts.length === 0) return `No changes: ${unchanged} ${unchanged === 1 ? "object is" : "objects are"} as the files say.`;
  return `${counts.map(([count, kind]) => `${count} to ${kind}`).join(", ")}; ${unchanged} unchanged.`;
}

function text(plan: PlanForm, title: string): string {
  const lines = plan.steps.flatMap((step) => [`  ${SIGNS[step.kind]} ${step.kind} ${step.object} "${step.name}"${step.collector === undefined ? "" : ` in "${step.collector}"`}${identity(step)}  (${step.file})${due(step)}`, ...(step.changes ?? []).map((change) => `      ${change.pointer}: ${change.from ?? "(absent)"} -> ${change.to ?? "(absent)"}`)]);
  return [title, ...lines, ...asides(plan).map((line) => `  ${line}`), summaryOf(plan), ""].join("\n");
}

function markdown(plan: PlanForm, title: string): string {
  const head = ["| | object | name | file | |", "| --- | --- | --- | --- | --- |"];
  const rows = plan.steps.map((step) => `| **${step.kind}** | ${step.object} | ${cell(step.name)}${step.collector === undefined ? "" : ` in ${cell(step.collector)}`} | ${code(step.file)} | ${(step.changes ?? []).map((change) => `${code(change.pointer)}: ${code(change.from ?? "(absent)")} → ${code(change.to ?? "(absent)")}`).join("<br>")}${due(step)} |`);
  return [`### ${cell(title)}`, "", summaryOf(plan), "", ...(rows.length > 0 ? [...head, ...rows, ""] : []), ...asides(plan).map((line) => `- ${cell(line)}`), ""].join("\n");
}

function asides({ moved, notes, warnings }: PlanForm): string[] {
  return [
    ...moved.map(({ name, from, to }) => `"${name}" moves from ${from} to ${to}; it goes on where it is.`),
    ...notes,
    ...warnings.map(({ file, message }) => `${file}: ${message}`),
  ];
}

function identity({ id }: StepForm): string {
  return id === undefined ? "" : ` [${id}]`;
}

function due({ kind, deleteAt }: StepForm): string {
  if (kind !== "pause") return "";
  return deleteAt === undefined ? " its file is gone; --prune deletes it" : ` its file is gone; it is deleted at ${deleteAt}`;
}

/** Names come from people: a pipe or a tag must not break the table or become markup. */
function cell(given: string): string {
  return given.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(/[\\|`*_[\]]/g, (sign) => `\\${sign}`).replaceAll(/\s+/g, " ");
}

function code(given: string): string {
  return `<code>${given.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("|", "&#124;").replaceAll(/\s+/g, " ")}</code>`;
}
