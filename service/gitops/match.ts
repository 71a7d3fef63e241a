/** Which of what runs is meant by which file: what keeps ids, cursors, coverage and grants over edits and moves. Pure. */
import type { CollectorRecord } from "../core/administration.js";
import type { SourceRecord } from "../ports.js";
import type { Desired, DesiredSource } from "./desired.js";
import type { DesiredCollector } from "./judge-collectors.js";
import type { Kept } from "./kept.js";

/** A collector that is there; the one that is always there is none of them. */
export type RunningCollector = Pick<CollectorRecord, "id" | "name" | "description" | "category" | "timeZone" | "fields">;

/** A source that is there, as it was given: secrets inside. */
export interface RunningSource {
  readonly id: number;
  readonly name: string;
  /** Name of its collector. */
  readonly collector: string;
  readonly tenantId: string;
  readonly schemaRef: SourceRecord["schemaRef"];
  readonly config: Readonly<Record<string, unknown>>;
  readonly destinations: readonly string[];
  /** By pause, beside config.paused. */
  readonly paused: boolean;
}

export interface Running {
  readonly collectors: readonly RunningCollector[];
  readonly sources: readonly RunningSource[];
}

export interface Matches {
  readonly collectors: ReadonlyMap<DesiredCollector, RunningCollector>;
  readonly sources: ReadonlyMap<DesiredSource, RunningSource>;
  /** What runs, its sources by the new names of their collectors. */
  readonly running: Running;
}

/** What runs under the names of the files, or else was made from the same files. */
export function match(desired: Desired, running: Running, kept: Kept): Matches {
  const collectors = matchCollectors(desired.collectors, running.collectors, kept);
  const renamed = new Map([...collectors].map(([{ name }, now]) => [now.name, name]));
  const sources = running.sources.map((one) => ({ ...one, collector: renamed.get(one.collector) ?? one.collector }));
  return { collectors, sources: matchSources(desired.sources, sources, kept), running: { ...running, sources } };
}

/** By name; by file where the name in it is another now: a collector is a folder, and loses nothing by a new name but would by a new id. */
function matchCollectors(wanted: readonly DesiredCollector[], running: readonly RunningCollector[], kept: Kept): Matches["collectors"] {
  const found = new Map<DesiredCollector, RunningCollector>();
  const named = new Map(running.map((one) => [one.name, one]));
  for (const one of wanted) if (named.has(one.name)) found.set(one, named.get(one.name)!);
  const taken = new Set(found.values());
  const left = new Map(running.flatMap((one) => (taken.has(one) || !kept.collectors[one.id] ? [] : [[kept.collectors[one.id]!.file, one]])));
  for (const one of wanted) {
    const same = found.has(one) ? undefined : left.get(one.file);
    if (same) found.set(one, same);
    if (same) left.delete(one.file);
  }
  return found;
}

/**
 * By collector and name. One that is not there may have moved from another collector: then a source of its name came from files and is not
 * wanted where it is. It is the one of the same file, or else the only one of the same tenant: a wrong guess would take what was read of one
 * tenant for what was read of another.
 */
function matchSources(wanted: readonly DesiredSource[], running: readonly RunningSource[], kept: Kept): Matches["sources"] {
  const found = new Map<DesiredSource, RunningSource>();
  const placed = new Map(running.map((one) => [sourceKey(one), one]));
  for (const one of wanted) if (placed.has(sourceKey(one))) found.set(one, placed.get(sourceKey(one))!);
  const homeless = () => wanted.filter((one) => !found.has(one));
  const adrift = () => {
    const taken = new Set(found.values());
    return running.filter((one) => !taken.has(one) && kept.sources[one.id]);
  };
  const pair = (keyOf: (one: DesiredSource | RunningSource, file: string) => unknown): void => {
    const candidates = grouped(adrift(), (one) => keyOf(one, kept.sources[one.id]!.file));
    for (const [key, sources] of grouped(homeless(), (one) => keyOf(one, one.file))) {
      const same = candidates.get(key) ?? [];
      if (sources.length === 1 && same.length === 1) found.set(sources[0]!, same[0]!);
    }
  };
  pair(({ name }, file) => [name, file]);
  pair(({ name, tenantId }) => [name, tenantId.toLowerCase()]);
  return found;
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => unknown): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = JSON.stringify(keyOf(one));
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/** What no two sources have in common. */
export function sourceKey({ collector, name }: { readonly collector: string; readonly name: string }): string {
  return JSON.stringify([collector, name]);
}
