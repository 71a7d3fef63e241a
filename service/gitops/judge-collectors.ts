/** Judges the collectors of a repository, and which of them a source's file means. Pure. */
import { validateCollector, type CollectorBody } from "../../schema/index.js";
import { DEFAULT_COLLECTOR_NAME } from "../collect/collectors.js";
import type { FileProblem } from "./config-file.js";
import { ofProblem, problemList } from "./file-problem.js";
import { toPointer } from "./pointer.js";
import type { ConfigObject } from "./repository.js";

export interface DesiredCollector {
  readonly file: string;
  /** By it the collector is found again. */
  readonly name: string;
  /** Defaults filled in. */
  readonly body: CollectorBody;
}

/** Judges one file of a collector. */
export function judgeCollector(object: ConfigObject, problems: FileProblem[]): DesiredCollector[] {
  const { note, found } = problemList();
  const verdict = validateCollector(object.value);
  if (!verdict.ok) verdict.problems.map((problem) => ofProblem(object, problem)).forEach(note);
  if (verdict.ok && verdict.collector.name === DEFAULT_COLLECTOR_NAME) {
    const pointer = collectorNamePointer(object);
    note({ ...object.place(pointer), pointer, message: `The collector "${DEFAULT_COLLECTOR_NAME}" is always there and cannot be changed.`, remedy: "Choose another name, or remove the file: sources that name no collector belong to it." });
  }
  problems.push(...found.values());
  return verdict.ok && found.size === 0 ? [{ file: object.file, name: verdict.collector.name, body: verdict.collector }] : [];
}

/** The names that the files give, those of files that are not in order included: their sources are not to blame. */
export function collectorNames(objects: readonly ConfigObject[]): ReadonlySet<string> {
  const names = objects.filter(({ kind }) => kind === "collector").map((object) => at(object.value, collectorNamePointer(object)));
  return new Set([DEFAULT_COLLECTOR_NAME, ...names.filter((name) => typeof name === "string")]);
}

/** Where a collector's file has its name. */
export function collectorNamePointer({ value }: Pick<ConfigObject, "value">): string {
  return typeof at(value, "/collector") === "object" ? "/collector/name" : "/name";
}

/** The collector that a source's file names. `parent` is the pointer of what holds `config`. */
export function collectorOfSource(object: ConfigObject, parent: string, known: ReadonlySet<string>, note: (problem: FileProblem) => void): string {
  const complain = (pointer: string, message: string, remedy: string): void => note({ ...object.place(pointer), pointer, message, remedy });
  const right = `${parent}/collector`;
  for (const wrong of [`${parent}/config/collector`, ...(parent === "" ? [] : ["/collector"])]) {
    if (at(object.value, wrong) !== undefined) complain(wrong, `${wrong} is not where the collector is named.`, `Move it to ${right}, beside config.`);
  }
  const name = at(object.value, right);
  // What is no text is the schema's affair.
  if (typeof name !== "string") return DEFAULT_COLLECTOR_NAME;
  if (!known.has(name)) {
    complain(right, `The collector ${JSON.stringify(name)} does not exist.`, `Known are ${[...known].toSorted().join(", ")}: correct the name, or describe the collector in a file under collectors/. Collectors that were made by the API count when they have such a file, too.`);
  }
  return name;
}

/** Keys beside `config` that look as if the collector were meant: keys that are not known there are ignored otherwise. */
export function strayKeys(object: ConfigObject, parent: string): FileProblem[] {
  const source = at(object.value, parent);
  const keys = Object.keys(typeof source === "object" && source !== null ? source : {}).filter((key) => /^collect/i.test(key) && key !== "collector");
  return keys.map((key) => {
    const pointer = parent + toPointer([key]);
    return { ...object.place(pointer), pointer, message: `${pointer} is ignored: the collector is named by ${parent}/collector.` };
  });
}

function at(value: unknown, pointer: string): unknown {
  return pointer.split("/").slice(1).reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null && Object.hasOwn(inner, key) ? (inner as Record<string, unknown>)[key] : undefined), value);
}
