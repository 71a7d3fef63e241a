/** From what the schemas complain of to problems of files: with a place, and the remedy apart. Pure. */
import type { Problem } from "../../schema/index.js";
import type { FileProblem } from "./config-file.js";
import type { ConfigObject } from "./repository.js";

/** The schema's sentences say what would be right after "must be": that is the remedy. */
export function ofProblem(object: ConfigObject, { pointer, message }: Problem): FileProblem {
  const [, what, due] = /^(.*?)(?:, but|: it|:) must be (.*)$/s.exec(message) ?? [];
  const place = object.place(pointer);
  if (what === undefined || due === undefined) return { ...place, pointer, message, remedy: `Correct ${pointer === "" ? "the file" : pointer}; docs/reference/ lists every field.` };
  return { ...place, pointer, message: `${what}.`, remedy: `It must be ${due}` };
}

/** The pointer that a sentence begins with. */
export function pointerIn(message: string): string {
  return /^(\/\S*)/.exec(message)?.[1] ?? "";
}

/** Problems of one object, at most one per place: the first that is noted counts. */
export function problemList(): { note(problem: FileProblem): void; readonly found: ReadonlyMap<string, FileProblem> } {
  const found = new Map<string, FileProblem>();
  return { found, note: (problem) => void (found.has(problem.pointer) || found.set(problem.pointer, problem)) };
}
