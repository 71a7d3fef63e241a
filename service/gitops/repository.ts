/** The layout of a configuration repository: which file is what, and how an environment's overlays change it. Pure. */
import type { ConfigFile } from "../core/config-origin.js";
import { parseConfigFile, type FileProblem, type ParsedFile } from "./config-file.js";
import { literalSecrets } from "./literal-secrets.js";
import { mergePatch } from "./merge-patch.js";
import { fromPointer } from "./pointer.js";

export type ObjectKind = "source" | "destination" | "collector";

/** One object that the repository describes, overlay applied. */
export interface ConfigObject {
  readonly kind: ObjectKind;
  /** The file that made it; the overlay's when there is no other. */
  readonly file: string;
  /** Without `$schema`. */
  readonly value: unknown;
  /** Where the value of a pointer was written: in the overlay where that says something of it. */
  place(pointer: string): Pick<FileProblem, "file" | "line" | "column">;
}

export interface Repository {
  readonly objects: readonly ConfigObject[];
  /** Names of the environments that it has overlays for, sorted. */
  readonly environments: readonly string[];
  readonly problems: readonly FileProblem[];
}

interface Placed {
  readonly file: ConfigFile;
  readonly kind: ObjectKind;
  /** Path without environment and ending: overlays are found by it. */
  readonly stem: string;
  readonly environment: string | undefined;
}

const KINDS: Readonly<Record<string, ObjectKind>> = { sources: "source", destinations: "destination", collectors: "collector" };
const LAYOUT = /^(?:environments\/([^/]+)\/)?((sources|destinations|collectors)\/.+)\.(?:json|ya?ml)$/;
const FILES_MAX = 5000;

/** Whether a path is one that a configuration is read from. */
export function isConfigPath(path: string): boolean {
  return LAYOUT.test(path);
}

/** Reads what the files say, in the order of their paths; with `environment`, its overlays are applied. */
export function readRepository(files: readonly ConfigFile[], environment?: string): Repository {
  const all = files.map(placed).filter((one) => one !== undefined).toSorted((a, b) => (a.file.path < b.file.path ? -1 : 1));
  const environments = [...new Set(all.flatMap((one) => one.environment ?? []))].toSorted();
  const whole = wholeProblems(all, environments, environment);
  if (whole.length > 0) return { objects: [], environments, problems: whole };
  const used = all.filter((one) => one.environment === undefined || one.environment === environment);
  const problems = [...doubled(used)];
  const overlays = new Map(used.filter((one) => one.environment !== undefined).map((one) => [one.stem, one]));
  const objects: ConfigObject[] = [];
  const take = (base: Placed | undefined, overlay: Placed | undefined) => {
    const parts = [base, overlay].flatMap((one) => (one ? [parseConfigFile(one.file)] : []));
    problems.push(...parts.flatMap((part) => part.problems));
    if (parts.some((part) => part.problems.length > 0)) return;
    const object = combined((base ?? overlay)!.kind, parts);
    problems.push(...hiddenSecrets((base ?? overlay)!.kind, parts, object?.value));
    if (object) objects.push(object);
  };
  for (const base of used.filter((one) => one.environment === undefined)) {
    take(base, overlays.get(base.stem));
    overlays.delete(base.stem);
  }
  for (const overlay of overlays.values()) take(undefined, overlay);
  return { objects, environments, problems };
}

function placed(file: ConfigFile): Placed | undefined {
  const [, environment, stem, folder] = LAYOUT.exec(file.path) ?? [];
  return stem === undefined || folder === undefined ? undefined : { file, kind: KINDS[folder]!, stem, environment };
}

/** What is wrong with the repository as a whole; an empty one is taken for a wrong path, not for the wish to delete everything. */
function wholeProblems(all: readonly Placed[], environments: readonly string[], environment: string | undefined): FileProblem[] {
  const of = (file: string, message: string, remedy: string): FileProblem[] => [{ file, pointer: "", message, remedy }];
  if (all.length === 0) return of(".", "There is no file under sources/, destinations/ or collectors/.", "Check the path: the folder must hold sources/*.json (or .yaml).");
  if (all.length > FILES_MAX) return of(".", `There are ${all.length} files, more than ${FILES_MAX}.`, "Divide the repository, one collector each.");
  if (environment === undefined || environments.includes(environment)) return [];
  const known = environments.length > 0 ? `Known are ${environments.join(", ")}.` : "Make that folder, or name no environment.";
  return of(`environments/${environment}`, `The environment "${environment}" has no files.`, known);
}

function doubled(used: readonly Placed[]): FileProblem[] {
  const seen = new Map<string, string>();
  return used.flatMap(({ file, stem, environment }) => {
    const key = `${environment ?? ""}:${stem}`;
    const other = seen.get(key);
    seen.set(key, file.path);
    return other === undefined ? [] : [{ file: file.path, pointer: "", message: `${other} is the same object in another form.`, remedy: "Keep one of the two files." }];
  });
}

/** Undefined when the overlay takes the object out. */
function combined(kind: ObjectKind, parts: readonly ParsedFile[]): ConfigObject | undefined {
  const [first, overlay] = parts;
  const value = overlay ? mergePatch(first!.value, overlay.value) : first!.value;
  if (value === null) return undefined;
  const place: ConfigObject["place"] = (pointer) => {
    const part = overlay?.says(pointer) ? overlay : first!;
    return { file: part.path, ...part.place(pointer) };
  };
  return { kind, file: first!.path, value: withoutSchema(value), place };
}

/** Secrets that are written out under an overlay which says something else: nobody uses them, and everybody can read them. */
function hiddenSecrets(kind: ObjectKind, [under, overlay]: readonly ParsedFile[], merged: unknown): FileProblem[] {
  if (!under || !overlay) return [];
  return literalSecrets(kind, under.value)
    .filter(({ pointer }) => at(merged, pointer) !== at(under.value, pointer))
    .map((problem) => ({ file: under.path, ...under.place(problem.pointer), ...problem }));
}

function at(value: unknown, pointer: string): unknown {
  return fromPointer(pointer).reduce<unknown>((holder, key) => (isObject(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined), value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutSchema(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== "$schema"));
}
