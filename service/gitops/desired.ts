/** From objects of a repository to what shall be: everything that can be judged without the running collector. Pure. */
import { validateDefinition, validateDestinations, type Definition, type Problem } from "../../schema/index.js";
import { DEFAULT_COLLECTOR_NAME } from "../collect/collectors.js";
import type { DestinationSettings } from "../collect/destinations.js";
import type { FileProblem } from "./config-file.js";
import { ofProblem, pointerIn, problemList } from "./file-problem.js";
import { collectorNamePointer, collectorNames, collectorOfSource, judgeCollector, strayKeys, type DesiredCollector } from "./judge-collectors.js";
import { literalSecrets, sourceParts } from "./literal-secrets.js";
import type { ConfigObject } from "./repository.js";

export interface DesiredSource {
  readonly file: string;
  /** By it and the collector's name the source is found again. */
  readonly name: string;
  /** Name of the collector that it belongs to. */
  readonly collector: string;
  readonly tenantId: string;
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
  readonly collectors: readonly DesiredCollector[];
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
  /** Files of sources that do not run yet, whatever runs under their names. */
  readonly fresh?: ReadonlySet<string>;
}

/** Judges every object: all problems at once, each with file, line, pointer and remedy; never a secret. */
export function judgeObjects(objects: readonly ConfigObject[], options: JudgeOptions): Verdict {
  const problems: FileProblem[] = [];
  const warnings: FileProblem[] = [];
  const destinations = objects.filter(({ kind }) => kind === "destination").flatMap((object) => judgeDestination(object, problems));
  problems.push(...unique(destinations, objects, "destination"), ...sameFiles(destinations));
  const known = new Set([...destinations.map(({ name }) => name), ...options.otherDestinations]);
  const collectors = objects.filter(({ kind }) => kind === "collector").flatMap((object) => judgeCollector(object, problems));
  problems.push(...unique(collectors, objects, "collector"));
  const names = { destinations: known, collectors: collectorNames(objects) };
  const sources = objects.filter(({ kind }) => kind === "source").flatMap((object) => judgeSource(object, names, options, problems, warnings));
  problems.push(...unique(sources, objects, "source"));
  return { desired: { collectors, sources, destinations }, problems, warnings };
}

interface Names {
  readonly destinations: ReadonlySet<string>;
  readonly collectors: ReadonlySet<string>;
}

function judgeSource(object: ConfigObject, { destinations, collectors }: Names, { nowMs, running, fresh }: JudgeOptions, problems: FileProblem[], warnings: FileProblem[]): DesiredSource[] {
  const { at, config } = sourceParts(object.value);
  const name = config["name"];
  const existing = !fresh?.has(object.file) && (running === undefined || (typeof name === "string" && running.has(name)));
  const verdict = validateDefinition(object.value, nowMs, { existing, inRepository: true });
  const { note, found } = problemList();
  const parent = at.slice(0, -"/config".length);
  const collector = collectorOfSource(object, parent, collectors, note);
  literalSecrets("source", object.value).map((problem) => ({ ...object.place(problem.pointer), ...problem })).forEach(note);
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
  warnings.push(...strayKeys(object, parent), ...verdict.warnings.map((message) => ({ ...object.place(pointerIn(message)), pointer: pointerIn(message), message })));
  return [{ file: object.file, name: name as string, collector, tenantId: verdict.normal.tenantId, definition: verdict.definition }];
}

function judgeDestination(object: ConfigObject, problems: FileProblem[]): DesiredDestination[] {
  const entry = isObject(object.value) ? object.value : {};
  const { name } = entry;
  const { note, found } = problemList();
  literalSecrets("destination", object.value).map((problem) => ({ ...object.place(problem.pointer), ...problem })).forEach(note);
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

/** Names must be unique; those of sources in their collector. */
function unique(named: readonly { file: string; name: string; collector?: string }[], objects: readonly ConfigObject[], kind: ConfigObject["kind"]): FileProblem[] {
  const seen = new Map<string, string>();
  return named.flatMap(({ file, name, collector }) => {
    const key = JSON.stringify([collector, name]);
    const other = seen.get(key);
    seen.set(key, other ?? file);
    const object = objects.find((one) => one.file === file);
    if (other === undefined || !object) return [];
    const pointer = kind === "source" ? `${sourceParts(object.value).at}/name` : kind === "collector" ? collectorNamePointer(object) : "/name";
    const where = collector === undefined || collector === DEFAULT_COLLECTOR_NAME ? "" : ` in the collector "${collector}"`;
    return [{ ...object.place(pointer), pointer, message: `${other} has the name "${name}"${where} already.`, remedy: collector === undefined ? "Names must be unique: change one of the two." : "Names must be unique in their collector: change one of the two, or its collector." }];
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
