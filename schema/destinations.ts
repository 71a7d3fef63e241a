/** Validates the destinations file. */
import { fieldsOf, toPointer, withDefaults } from "./fields.js";
import { destinationSchema, DESTINATION_TYPES } from "./registry.js";
import { isRecord } from "./secrets.js";
import { bounded, problemsOf, shown, type Problem } from "./sentences.js";
import { standIns } from "./rules.js";

export interface Destination {
  readonly type: string;
  /** What its type asks for, defaults filled in; without name and type. */
  readonly config: Readonly<Record<string, unknown>>;
}
export type DestinationsVerdict =
  | { readonly ok: true; readonly destinations: ReadonlyMap<string, Destination> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Judges the content of the file that COLLECTOR_DESTINATIONS names: all faults at once. Never throws, never repeats a secret. */
export function validateDestinations(json: unknown): DestinationsVerdict {
  const found = new Map<string, Problem>();
  const note = (problem: Problem): void => void (found.has(problem.pointer) || found.set(problem.pointer, problem));
  problemsOf("destinations.schema.json#/$defs/list", json, { subject: "The destinations file" }).forEach(note);
  const entries = isRecord(json) && Array.isArray(json["destinations"]) ? (json["destinations"] as readonly unknown[]) : [];
  const destinations = new Map<string, Destination>();
  for (const [index, entry] of entries.entries()) {
    if (!isRecord(entry)) continue;
    const at = ["destinations", String(index)];
    problemsOfEntry(entry, at).forEach(note);
    const { name, type } = entry;
    if (typeof name !== "string" || typeof type !== "string") continue;
    if (destinations.has(name)) note({ pointer: toPointer([...at, "name"]), message: `${toPointer([...at, "name"])} is ${shown(name)} once more, but names must be unique.` });
    if (isDestinationType(type)) destinations.set(name, { type, config: configOf(type, entry) });
  }
  return found.size === 0 ? { ok: true, destinations } : { ok: false, problems: bounded([...found.values()]) };
}

/** The destination of a collector that was told of none: files in the folder `rows` of the data folder. */
export function defaultDestinations(rowsFolder: string): ReadonlyMap<string, Destination> {
  return new Map([["default", { type: "file", config: configOf("file", { path: rowsFolder }) }]]);
}

function problemsOfEntry(entry: Record<string, unknown>, at: readonly string[]): Problem[] {
  const { type } = entry;
  if (!isDestinationType(type)) return [];
  const schema = `destinations/${type}.schema.json`;
  const stale = standIns(schema, entry).map((finding) => {
    const pointer = toPointer([...at, finding.key]);
    return { pointer, message: `${pointer} ${finding.says}` };
  });
  return [...stale, ...problemsOf(schema, entry, { at })];
}

function configOf(type: string, entry: Record<string, unknown>): Readonly<Record<string, unknown>> {
  const schema = destinationSchema(type);
  const own = Object.entries(entry).filter(([key]) => key !== "name" && key !== "type" && fieldsOf(schema).has(key));
  return withDefaults(schema, Object.fromEntries(own));
}

function isDestinationType(type: unknown): type is string {
  return (DESTINATION_TYPES as readonly unknown[]).includes(type);
}
