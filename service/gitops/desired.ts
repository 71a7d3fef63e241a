/** From objects of a repository to what shall be: everything that can be judged without the running collector. Pure. */
import { MASK, separateSecrets, validateDefinition, validateDestinations, type Definition, type Problem } from "../../schema/index.js";
import type { DestinationSettings } from "../collect/destinations.js";
import type { FileProblem } from "./config-file.js";
import type { ConfigObject } from "./repository.js";

export interface DesiredSource {
  readonly file: string;
  /** By it the source is found again. */
  readonly name: string;
  readonly definition: Definition;
}
export interface DesiredDestination {
  readonly file: string;
  readonly name: string;
  /** As written, name and type included. */
  readonly entry: Readonly<Record<string, unknown>>;
  /** Defaults filled in. */
  readonly settings: DestinationSettings;
}

export interface Desired {
  readonly sources: readonly DesiredSource[];
  readonly destinations: readonly DesiredDestination[];
}

export interface Verdict {
  readonly desired: Desired;
  readonly problems: readonly FileProblem[];
  /** Nothing that stops it. */
  readonly warnings: readonly FileProblem[];
}

export interface JudgeOptions {
  /** Against it `start` is measured, ms. */
  readonly nowMs: number;
  /** Destinations beside those of the repository: the operator's. */
  readonly otherDestinations: Iterable<string>;
  /** Names of sources that run already: their `start` may lie further back than the API answers. Absent: any may. */
  readonly running?: ReadonlySet<string>;
}

const TYPE_DEFAULT = "MS Exchange Trace Logs";

/** Judges every object: all problems at once, each with file, line, pointer and remedy; never a secret. */
export function judgeObjects(objects: readonly ConfigObject[], options: JudgeOptions): Verdict {
  const problems: FileProblem[] = [];
  const warnings: FileProblem[] = [];
  const destinations = objects.filter(({ kind }) => kind === "destination").flatMap((object) => judgeDestination(object, problems));
  problems.push(...unique(destinations, objects, "destination"), ...sameFiles(destinations));
  const known = new Set([...destinations.map(({ name }) => name), ...options.otherDestinations]);
  const sources = objects.filter(({ kind }) => kind === "source").flatMap((object) => judgeSource(object, known, options, problems, warnings));
  problems.push(...unique(sources, objects, "source"));
  for (const object of objects.filter(({ kind }) => kind === "collector")) {
    warnings.push({ ...object.place(""), pointer: "", message: "Collectors are not made from a repository: its sources belong to the collector that it is applied to." });
  }
  return { desired: { sources, destinations }, problems, warnings };
}

function judgeSource(object: ConfigObject, destinations: ReadonlySet<string>, { nowMs, running }: JudgeOptions, problems: FileProblem[], warnings: FileProblem[]): DesiredSource[] {
  const { at, config, type } = sourceParts(object.value);
  const name = config["name"];
  const existing = running === undefined || (typeof name === "string" && running.has(name));
  const verdict = validateDefinition(object.value, nowMs, { existing });
  const found = new Map<string, FileProblem>();
  const note = (problem: FileProblem): void => void (found.has(problem.pointer) || found.set(problem.pointer, problem));
  literals(type, config, typeof name === "string" ? name : "exchange").map(({ pointer, remedy }) => literal(object, at + pointer, remedy)).forEach(note);
  if (!verdict.ok) verdict.problems.map((problem) => ofProblem(object, problem)).forEach(note);
  if (typeof name !== "string" || name === "") {
    note({ ...object.place(`${at}/name`), pointer: `${at}/name`, message: `${at}/name is missing.`, remedy: "Give the source a name: by it the running source is found again when the file is edited or moved." });
  }
  const named = Array.isArray(config["destinations"]) ? (config["destinations"] as readonly unknown[]) : ["default"];
  named.forEach((destination, index) => {
    if (typeof destination !== "string" || destinations.has(destination)) return;
    const pointer = `${at}/destinations/${index}`;
    const remedy = `Known are ${[...destinations].toSorted().join(", ") || "none"}: correct the name or add destinations/${destination}.json.`;
    note({ ...object.place(pointer), pointer, message: `The destination "${destination}" does not exist.`, remedy });
  });
  problems.push(...found.values());
  if (!verdict.ok || found.size > 0) return [];
  warnings.push(...verdict.warnings.map((message) => ({ ...object.place(pointerIn(message)), pointer: pointerIn(message), message })));
  return [{ file: object.file, name: name as string, definition: verdict.definition }];
}

function judgeDestination(object: ConfigObject, problems: FileProblem[]): DesiredDestination[] {
  const entry = isObject(object.value) ? object.value : {};
  const { name, type } = entry;
  const found = new Map<string, FileProblem>();
  const note = (problem: FileProblem): void => void (found.has(problem.pointer) || found.set(problem.pointer, problem));
  literals(typeof type === "string" ? type : "", entry, typeof name === "string" ? name : "destination").map(({ pointer, remedy }) => literal(object, pointer, remedy)).forEach(note);
  const verdict = validateDestinations({ destinations: [object.value] });
  if (!verdict.ok) verdict.problems.map((problem) => ofProblem(object, alone(problem))).forEach(note);
  problems.push(...found.values());
  const settings = verdict.ok ? verdict.destinations.get(String(name)) : undefined;
  return settings && found.size === 0 ? [{ file: object.file, name: String(name), entry, settings }] : [];
}

/** A destination's file holds what the operator's file has as an entry of a list. */
function alone({ pointer, message }: Problem): Problem {
  const cut = (text: string) => text.replace(/\/destinations\/0(?=\W|$)/g, "");
  return { pointer: cut(pointer), message: cut(message).replace(/^ /, "The destination ") };
}

function sourceParts(value: unknown): { at: string; config: Readonly<Record<string, unknown>>; type: string } {
  const wrapped = isObject(value) && isObject(value["source"]);
  const source = wrapped ? (value["source"] as Record<string, unknown>) : isObject(value) ? value : {};
  const schemaRef = isObject(source["schemaRef"]) ? source["schemaRef"] : {};
  return { at: wrapped ? "/source/config" : "/config", config: isObject(source["config"]) ? source["config"] : {}, type: typeof schemaRef["type"] === "string" ? schemaRef["type"] : TYPE_DEFAULT };
}

/** Secrets that are written out, each with the reference that should stand there. */
function literals(type: string, config: Readonly<Record<string, unknown>>, owner: string): { pointer: string; remedy: string }[] {
  return Object.entries(secretsOf(type, config)).flatMap(([pointer, secret]) => {
    if (typeof secret !== "string" || secret === MASK) return [];
    const variable = variableFor(owner, pointer);
    return [{ pointer, remedy: `Write {"secretRef": "env:${variable}"} and set that variable for the collector, or {"secretRef": "file:/run/secrets/${variable.toLowerCase()}"}; then replace the secret itself: it is in the history.` }];
  });
}

function secretsOf(type: string, config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return separateSecrets(type, config).secrets;
  } catch {
    // An unknown type: the schema complains of it; a source's secrets are looked for as those of the likeliest type.
    return "clientSecret" in config || "client_secret" in config ? separateSecrets(TYPE_DEFAULT, config).secrets : {};
  }
}

/** Name of an environment variable for a secret: CONTOSO_CLIENT_SECRET. */
export function variableFor(owner: string, pointer: string): string {
  const words = `${owner} ${pointer.slice(1).replace(/([a-z])([A-Z])/g, "$1 $2")}`;
  const name = words.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toUpperCase();
  return /^(?:\d|COLLECTOR_)/.test(name) ? `SOURCE_${name}` : name;
}

function literal(object: ConfigObject, pointer: string, remedy: string): FileProblem {
  return { ...object.place(pointer), pointer, message: `${pointer} is a secret written out: whoever reads the repository has it.`, remedy };
}

/** The schema's sentences say what would be right after "must be": that is the remedy. */
function ofProblem(object: ConfigObject, { pointer, message }: Problem): FileProblem {
  const [, what, due] = /^(.*?)(?:, but|: it|:) must be (.*)$/s.exec(message) ?? [];
  const place = object.place(pointer);
  if (what === undefined || due === undefined) return { ...place, pointer, message, remedy: `Correct ${pointer === "" ? "the file" : pointer}; docs/reference/ lists every field.` };
  return { ...place, pointer, message: `${what}.`, remedy: `It must be ${due}` };
}

function pointerIn(message: string): string {
  return /^(\/\S*)/.exec(message)?.[1] ?? "";
}

function unique(named: readonly { file: string; name: string }[], objects: readonly ConfigObject[], kind: ConfigObject["kind"]): FileProblem[] {
  const seen = new Map<string, string>();
  return named.flatMap(({ file, name }) => {
    const other = seen.get(name);
    seen.set(name, other ?? file);
    const object = objects.find((one) => one.file === file);
    if (other === undefined || !object) return [];
    const pointer = kind === "source" ? `${sourceParts(object.value).at}/name` : "/name";
    return [{ ...object.place(pointer), pointer, message: `${other} has the name "${name}" already.`, remedy: "Names must be unique: change one of the two." }];
  });
}

/** Two destinations of type file in one place would rotate each other's files away. */
function sameFiles(destinations: readonly DesiredDestination[]): FileProblem[] {
  const seen = new Map<string, string>();
  return destinations.flatMap(({ file, settings }) => {
    if (settings.type !== "file") return [];
    const place = `${String(settings.config["path"]).replace(/\/+$/, "")}|${String(settings.config["prefix"])}`;
    const other = seen.get(place);
    seen.set(place, file);
    return other === undefined ? [] : [{ file, pointer: "/path", message: `${other} writes the same files.`, remedy: "Give one of them another path or prefix." }];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
