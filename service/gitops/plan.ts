/** What has to change so that what runs is what the files say. Pure. */
import { separateSecrets } from "../../schema/index.js";
import type { Desired, DesiredDestination, DesiredSource } from "./desired.js";
import { canonical, differences, type Difference } from "./difference.js";
import type { DestinationMark, Kept, Mark } from "./kept.js";

/** A source that is there, as it was given: secrets inside. */
export interface RunningSource {
  readonly id: number;
  readonly name: string;
  readonly schemaRef: { readonly type: string; readonly version?: string };
  readonly config: Readonly<Record<string, unknown>>;
  readonly destinations: readonly string[];
  /** By pause, beside config.paused. */
  readonly paused: boolean;
}

export type Step =
  | { readonly kind: "create"; readonly object: "source" | "destination"; readonly name: string; readonly file: string }
  | { readonly kind: "update"; readonly object: "source" | "destination"; readonly name: string; readonly file: string; readonly id?: number; readonly changes: readonly Difference[] }
  | { readonly kind: "pause"; readonly object: "source"; readonly name: string; readonly file: string; readonly id: number; readonly deleteAtMs?: number }
  | { readonly kind: "delete"; readonly object: "source" | "destination"; readonly name: string; readonly file: string; readonly id?: number };

export interface Plan {
  /** In the order in which they are carried out. */
  readonly steps: readonly Step[];
  readonly unchanged: number;
  /** Objects whose file has another path now; nothing else of them changes. */
  readonly moved: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** What a person should know; nothing that is done. */
  readonly notes: readonly string[];
}

export interface PlanOptions {
  readonly nowMs: number;
  /** Deletes at once what files no longer say. */
  readonly prune: boolean;
  /** How long what is gone stays paused before it is deleted, ms; absent: until somebody prunes. */
  readonly graceMs?: number;
  /** Names of the operator's own destinations: they are there whatever files say. */
  readonly operatorDestinations: ReadonlySet<string>;
}

/** Only what came from files is ever paused or deleted: what somebody posted is left alone. */
export function planChanges(desired: Desired, running: readonly RunningSource[], kept: Kept, options: PlanOptions): Plan {
  const steps: Step[] = [];
  const moved: { name: string; from: string; to: string }[] = [];
  const notes: string[] = [];
  for (const destination of desired.destinations) {
    steps.push(...destinationStep(destination, kept.destinations[destination.name]));
    noteMove(destination, kept.destinations[destination.name], moved);
  }
  for (const source of desired.sources) {
    const now = running.find(({ name }) => name === source.name);
    const mark = now && kept.sources[now.id];
    steps.push(...sourceStep(source, now, mark));
    noteMove(source, mark, moved);
  }
  const wanted = new Set(desired.sources.map(({ name }) => name));
  const leaving = running.filter(({ id, name }) => kept.sources[id] !== undefined && !wanted.has(name));
  for (const source of leaving) steps.push(...leavingStep(source, kept.sources[source.id]!, options));
  steps.push(...goneDestinations(desired, running, kept, steps, notes, options.operatorDestinations));
  const unmanaged = running.filter(({ id, name }) => kept.sources[id] === undefined && !wanted.has(name)).map(({ name }) => name);
  if (unmanaged.length > 0) notes.push(`Not from files, left alone: ${unmanaged.join(", ")}.`);
  const touched = new Set(steps.filter(({ kind }) => kind === "create" || kind === "update").map(({ object, name }) => `${object} ${name}`));
  return { steps, unchanged: desired.sources.length + desired.destinations.length - touched.size, moved, notes };
}

function sourceStep({ name, file, definition }: DesiredSource, now: RunningSource | undefined, mark: Mark | undefined): Step[] {
  if (!now) return [{ kind: "create", object: "source", name, file }];
  const secrets = new Set([now.config, definition.config].flatMap((config) => Object.keys(separateSecrets(definition.schemaRef.type, config).secrets)).map((pointer) => `/config${pointer}`));
  const changes = differences(
    { schemaRef: now.schemaRef, config: meaning(now.config), paused: mark?.removedMs !== undefined && now.paused },
    { schemaRef: definition.schemaRef, config: meaning(definition.config), paused: false },
    secrets,
  );
  return changes.length === 0 ? [] : [{ kind: "update", object: "source", name, file, id: now.id, changes }];
}

/** Absent and false mean the same; resuming a source writes the latter. */
function meaning(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).filter(([key, value]) => !(key === "paused" && value === false)));
}

function destinationStep({ name, file, entry }: DesiredDestination, mark: DestinationMark | undefined): Step[] {
  if (!mark) return [{ kind: "create", object: "destination", name, file }];
  // Secrets are references here: there is nothing to hide.
  const changes = differences(mark.entry, entry, new Set());
  return changes.length === 0 ? [] : [{ kind: "update", object: "destination", name, file, changes }];
}

function leavingStep({ id, name, paused }: RunningSource, mark: Mark, { nowMs, prune, graceMs }: PlanOptions): Step[] {
  const common = { object: "source", name, file: mark.file, id } as const;
  const dueMs = graceMs === undefined ? undefined : (mark.removedMs ?? nowMs) + graceMs;
  if (prune || (dueMs !== undefined && mark.removedMs !== undefined && nowMs >= dueMs)) return [{ kind: "delete", ...common }];
  if (mark.removedMs !== undefined && paused) return [];
  return [{ kind: "pause", ...common, ...(dueMs === undefined ? {} : { deleteAtMs: dueMs }) }];
}

/** A destination stays for as long as any source sends to it. */
function goneDestinations(desired: Desired, running: readonly RunningSource[], kept: Kept, steps: readonly Step[], notes: string[], operator: ReadonlySet<string>): Step[] {
  const wanted = new Set(desired.destinations.map(({ name }) => name));
  const deleted = new Set(steps.flatMap((step) => (step.kind === "delete" && step.object === "source" ? [step.id] : [])));
  const changed = new Map(desired.sources.map((source) => [source.name, source]));
  const usersOf = (name: string) => running.filter((source) => !deleted.has(source.id) && (changed.has(source.name) ? destinationsOf(changed.get(source.name)!) : source.destinations).includes(name));
  return Object.entries(kept.destinations).flatMap(([name, mark]): Step[] => {
    if (wanted.has(name)) return [];
    const users = operator.has(name) ? [] : usersOf(name).map((source) => source.name);
    if (users.length > 0) notes.push(`The destination "${name}" has no file any more and stays while it is used by ${users.join(", ")}.`);
    return users.length > 0 ? [] : [{ kind: "delete", object: "destination", name, file: mark.file }];
  });
}

/** Names of the destinations that a source of the files sends to. */
export function destinationsOf({ definition }: DesiredSource): readonly string[] {
  const given = definition.config["destinations"];
  return Array.isArray(given) ? (given as string[]) : ["default"];
}

function noteMove({ name, file }: { name: string; file: string }, mark: Mark | undefined, moved: { name: string; from: string; to: string }[]): void {
  if (mark && mark.file !== file) moved.push({ name, from: mark.file, to: file });
}

export interface MarksOptions {
  readonly origin: Pick<Mark, "by" | "revision">;
  /** Ids of the sources that are there after the plan, by name. */
  readonly ids: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** The marks as they are after the plan. */
export function marksAfter(desired: Desired, kept: Kept, plan: Plan, { origin, ids, nowMs }: MarksOptions): Pick<Kept, "sources" | "destinations"> {
  const sources: Record<string, Mark> = {};
  const destinations: Record<string, DestinationMark> = {};
  const there = new Set([...ids.values()].map(String));
  const deleted = new Set(plan.steps.filter(({ kind, object }) => kind === "delete" && object === "destination").map(({ name }) => name));
  for (const [id, mark] of Object.entries(kept.sources)) if (there.has(id)) sources[id] = { ...mark, removedMs: mark.removedMs ?? nowMs };
  for (const [name, mark] of Object.entries(kept.destinations)) if (!deleted.has(name)) destinations[name] = { ...mark, removedMs: mark.removedMs ?? nowMs };
  for (const { name, file } of desired.sources) sources[ids.get(name)!] = { ...origin, file };
  for (const { name, file, entry } of desired.destinations) destinations[name] = { ...origin, file, entry };
  return { sources, destinations };
}

/** Whether two sets of marks say the same. */
export function sameMarks(a: Pick<Kept, "sources" | "destinations">, b: Pick<Kept, "sources" | "destinations">): boolean {
  return canonical([a.sources, a.destinations]) === canonical([b.sources, b.destinations]);
}
