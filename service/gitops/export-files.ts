/** What runs now, as the files of a configuration repository. Pure. */
import { MASK } from "../../schema/index.js";
import { editorCollector, editorDestination, editorSource } from "../../schema/generate-editor.js";
import type { ConfigFile } from "../core/config-origin.js";
import { variableFor } from "./literal-secrets.js";

/** As the API answers it. */
export interface ExportForm {
  /** Absent in answers of versions that exported none. */
  readonly collectors?: readonly { readonly name: string; readonly file?: string; readonly collector: unknown }[];
  readonly sources: readonly { readonly name: string; readonly collector?: string; readonly file?: string; readonly definition: unknown }[];
  readonly destinations: readonly { readonly name: string; readonly file: string; readonly destination: unknown }[];
}

export interface ExportedFiles {
  readonly files: readonly ConfigFile[];
  /** Environment variables that the references ask for: the collector never shows a secret. */
  readonly variables: readonly string[];
}

interface Exported {
  readonly kind: "collector" | "source" | "destination";
  readonly name: string;
  /** What tells it from another of its name. */
  readonly within?: string | undefined;
  /** The file that it came from. */
  readonly file?: string | undefined;
  readonly value: unknown;
}

/** One file per object, named for it, and the schemas by which editors check them. What came from JSON files keeps its path. */
export function exportFiles({ collectors = [], sources, destinations }: ExportForm): ExportedFiles {
  const paths = new Set<string>();
  const named = new Set([...JSON.stringify([sources, destinations]).matchAll(/"secretRef":"env:(\w+)"/g)].map(([, variable]) => variable!));
  const variables: string[] = [];
  const file = ({ kind, name, within, file: from, value }: Exported): ConfigFile => {
    const path = free(paths, [keptPath(`${kind}s`, from), `${kind}s/${stemOf(name)}.json`, ...(within === undefined ? [] : [`${kind}s/${stemOf(within)}-${stemOf(name)}.json`])], (base, number) => base.replace(/\.json$/, `-${number}.json`));
    const owners = [name, ...(within === undefined ? [] : [`${within} ${name}`])];
    const filled = withReferences(value, "", (key) => {
      variables.push(free(named, owners.map((owner) => variableFor(owner, `/${key}`)), (base, number) => `${base}_${number}`));
      return variables.at(-1)!;
    }) as Record<string, unknown>;
    const $schema = `${"../".repeat(path.split("/").length - 1)}.schema/${kind}.json`;
    return { path, text: `${JSON.stringify({ $schema, ...filled }, null, 2)}\n` };
  };
  const objects: Exported[] = [
    ...collectors.map(({ name, file: from, collector }) => ({ kind: "collector" as const, name, file: from, value: collector })),
    ...sources.map(({ name, collector, file: from, definition }) => ({ kind: "source" as const, name, within: collector, file: from, value: definition })),
    ...destinations.map(({ name, file: from, destination }) => ({ kind: "destination" as const, name, file: from, value: destination })),
  ];
  const files = [
    ...objects.toSorted((a, b) => turnOf(a) - turnOf(b)).map(file),
    { path: ".schema/collector.json", text: editorCollector() },
    { path: ".schema/source.json", text: editorSource() },
    { path: ".schema/destination.json", text: editorDestination() },
  ];
  return { files, variables };
}

/** Whoever comes first gets the plain name: those that have a path already, then those that nothing else tells from others. */
function turnOf({ kind, file, within }: Exported): number {
  return keptPath(`${kind}s`, file) !== undefined ? 0 : within === undefined ? 1 : 2;
}

/** The path that an object had, where that is a plain one of a JSON file. */
function keptPath(folder: string, file: string | undefined): string | undefined {
  return file !== undefined && /^[^/].*\.json$/.test(file) && file.startsWith(`${folder}/`) && !file.split("/").includes("..") ? file : undefined;
}

function stemOf(name: string): string {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase() || "unnamed";
}

/** The first candidate that is not taken yet, or the last one with a number; it is taken then. */
function free(taken: Set<string>, candidates: readonly (string | undefined)[], numbered: (base: string, number: number) => string): string {
  const given = candidates.filter((each) => each !== undefined);
  let found = given.find((each) => !taken.has(each));
  for (let number = 2; found === undefined; number++) {
    const next = numbered(given.at(-1)!, number);
    if (!taken.has(next)) found = next;
  }
  taken.add(found);
  return found;
}

/** A masked secret becomes a reference to a variable that has to be set. */
function withReferences(value: unknown, key: string, variableOf: (key: string) => string): unknown {
  if (value === MASK) return { secretRef: `env:${variableOf(key)}` };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withReferences(inner, name, variableOf)]));
}
