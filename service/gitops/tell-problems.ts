/** Problems of a repository for people, scripts and GitHub's annotations. Pure. */
import type { FileProblem } from "./config-file.js";

export type ProblemFormat = "text" | "json" | "github";
export const PROBLEM_FORMATS: readonly ProblemFormat[] = ["text", "json", "github"];

export interface Findings {
  readonly problems: readonly FileProblem[];
  readonly warnings: readonly FileProblem[];
  /** One sentence on what was looked at. */
  readonly summary: string;
}

/** `folder`: what stands before the paths of files, so that an editor or GitHub finds them. */
export function tellProblems({ problems, warnings, summary }: Findings, format: ProblemFormat, folder: string): string {
  const placed = (problem: FileProblem): FileProblem => ({ ...problem, file: pathIn(folder, problem.file) });
  if (format === "json") return `${JSON.stringify({ ok: problems.length === 0, summary, problems: problems.map(placed), warnings: warnings.map(placed) }, null, 2)}\n`;
  const line = format === "github" ? annotation : sentence;
  const lines = [...problems.map((problem) => line("error", placed(problem))), ...warnings.map((warning) => line("warning", placed(warning)))];
  return [...lines, summary, ""].join("\n");
}

function sentence(level: "error" | "warning", { file, line, column, pointer, message, remedy }: FileProblem): string {
  const place = [file, ...(line === undefined ? [] : [line, column ?? 1])].join(":");
  const head = `${place}: ${level}${pointer === "" ? "" : ` at ${pointer}`}: ${message}`;
  return remedy === undefined ? head : `${head}\n    ${remedy}`;
}

/** docs.github.com: workflow commands. */
function annotation(level: "error" | "warning", { file, line, column, pointer, message, remedy }: FileProblem): string {
  const data = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  const properties = [`file=${property(file)}`, ...(line === undefined ? [] : [`line=${line}`, `col=${column ?? 1}`]), `title=${property(pointer === "" ? "configuration" : pointer)}`];
  return `::${level} ${properties.join(",")}::${data(remedy === undefined ? message : `${message} ${remedy}`)}`;
}

/** "." is the folder itself. */
function pathIn(folder: string, file: string): string {
  if (file === ".") return folder;
  const prefix = folder.replace(/^\.\//, "").replace(/\/+$/, "");
  return prefix === "" || prefix === "." ? file : `${prefix}/${file}`;
}
