/** What runs now, as the files of a configuration repository. Pure. */
import { MASK } from "../../schema/index.js";
import { editorDestination, editorSource } from "../../schema/generate-editor.js";
import type { ConfigFile } from "../core/config-origin.js";
import { variableFor } from "./desired.js";

/** As the API answers it. */
export interface ExportForm {
  readonly sources: readonly { readonly name: string; readonly file?: string; readonly definition: unknown }[];
  readonly destinations: readonly { readonly name: string; readonly file: string; readonly destination: unknown }[];
}

export interface ExportedFiles {
  readonly files: readonly ConfigFile[];
  /** Environment variables that the references ask for: the collector never shows a secret. */
  readonly variables: readonly string[];
}

export const EDITOR_SCHEMAS = {
  source: "https://message-trace-collector.dev/schema/editor/source.json",
  destination: "https://message-trace-collector.dev/schema/editor/destination.json",
} as const;

/** One file per object, named for it, and the schemas by which editors check them. What came from JSON files keeps its path. */
export function exportFiles({ sources, destinations }: ExportForm): ExportedFiles {
  const variables: string[] = [];
  const taken = new Set<string>();
  const path = (folder: string, name: string, file: string | undefined): string => {
    const kept = file !== undefined && /^[^/].*\.json$/.test(file) && file.startsWith(`${folder}/`) && !file.split("/").includes("..") ? file : undefined;
    const stem = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase() || "unnamed";
    const candidates = [kept, `${folder}/${stem}.json`].filter((each) => each !== undefined);
    let free = candidates.find((each) => !taken.has(each));
    for (let number = 2; free === undefined; number++) if (!taken.has(`${folder}/${stem}-${number}.json`)) free = `${folder}/${stem}-${number}.json`;
    taken.add(free);
    return free;
  };
  const file = (folder: string, kind: "source" | "destination", name: string, from: string | undefined, value: unknown): ConfigFile => {
    const filled = withReferences(value, name, "", variables) as Record<string, unknown>;
    const at = path(folder, name, from);
    const $schema = `${"../".repeat(at.split("/").length - 1)}.schema/${kind}.json`;
    return { path: at, text: `${JSON.stringify({ $schema, ...filled }, null, 2)}\n` };
  };
  const files = [
    ...sources.map(({ name, file: from, definition }) => file("sources", "source", name, from, definition)),
    ...destinations.map(({ name, file: from, destination }) => file("destinations", "destination", name, from, destination)),
    { path: ".schema/source.json", text: editorSource() },
    { path: ".schema/destination.json", text: editorDestination() },
  ];
  return { files, variables };
}

/** A masked secret becomes a reference to a variable that has to be set. */
function withReferences(value: unknown, owner: string, key: string, variables: string[]): unknown {
  if (value === MASK) {
    const variable = variableFor(owner, `/${key}`);
    variables.push(variable);
    return { secretRef: `env:${variable}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withReferences(inner, owner, name, variables)]));
}
