/** From a plan to the changes of collectors and definitions, and to the ids of what is there afterwards. Pure. */
import { joinSecrets } from "../../schema/index.js";
import { DEFAULT_COLLECTOR_NAME, type CollectorChange } from "../collect/collectors.js";
import type { SourceChange } from "../collect/together.js";
import type { KnownSource } from "../collect/wiring.js";
import type { CollectorRecord } from "../core/administration.js";
import type { Desired, DesiredSource } from "./desired.js";
import type { Kept } from "./kept.js";
import { sourceKey, type Matches, type Running } from "./match.js";
import type { Step } from "./step.js";

/** What files can change: living collectors and their living sources. */
export function runningNow(collectors: readonly CollectorRecord[], sources: readonly KnownSource[], defaultId: number): Running {
  const names = new Map(collectors.map(({ id, name }) => [id, name]));
  return {
    collectors: collectors.filter(({ id }) => id !== defaultId),
    sources: sources.flatMap(({ record, config }) => {
      const collector = names.get(record.collectorId);
      if (collector === undefined || record.stopping) return [];
      const { id, schemaRef, paused } = record;
      return [{ id, name: config.name, collector, tenantId: config.tenantId, schemaRef, config: joinSecrets(record.config, record.secrets), destinations: config.destinations, paused }];
    }),
  };
}

/** Changes of collectors, in the order of their steps. */
export function collectorChanges(steps: readonly Step[], { collectors }: Desired): CollectorChange[] {
  return steps.filter(({ object }) => object === "collector").map((step): CollectorChange => {
    if (step.kind === "delete") return { kind: "remove", id: step.id! };
    const { body } = collectors.find(({ name }) => name === step.name)!;
    return step.kind === "create" ? { kind: "create", body } : { kind: "replace", id: step.id!, body };
  });
}

/** Ids of collectors after the changes, by name; `changed` are the records of `collectorChanges`. */
export function collectorIdsAfter(changed: readonly CollectorRecord[], matches: Matches, defaultId: number): ReadonlyMap<string, number> {
  return new Map([[DEFAULT_COLLECTOR_NAME, defaultId], ...[...matches.collectors].map(([{ name }, { id }]) => [name, id] as const), ...changed.filter(({ stopping }) => !stopping).map(({ name, id }) => [name, id] as const)]);
}

export interface SourceContext {
  readonly desired: Desired;
  readonly kept: Kept;
  readonly sources: readonly KnownSource[];
  readonly collectorIds: ReadonlyMap<string, number>;
}

/** Changes of definitions, in the order of their steps. */
export function sourceChanges(steps: readonly Step[], { desired, kept, sources, collectorIds }: SourceContext): SourceChange[] {
  const wanted = new Map(desired.sources.map((source) => [sourceKey(source), source]));
  return ofSources(steps).map((step): SourceChange => {
    if (step.kind === "delete") return { kind: "remove", id: step.id! };
    if (step.kind === "pause") return { kind: "pause", id: step.id, paused: true };
    const { definition: body, collector } = wanted.get(keyOf(step))!;
    const collectorId = collectorIds.get(collector)!;
    if (step.kind === "create") return { kind: "create", collectorId, body, paused: false };
    const id = step.id!;
    // Paused because its file was gone: it is back. Paused by a person: that stays.
    const wasGone = kept.sources[id]?.removedMs !== undefined;
    return { kind: "replace", id, collectorId, body, paused: !wasGone && (sources.find(({ record }) => record.id === id)?.record.paused ?? false) };
  });
}

/** Ids of the sources that files want, after the changes, by sourceKey; `changed` are those of `sourceChanges`. */
export function sourceIdsAfter(steps: readonly Step[], changed: readonly number[], matches: Matches): ReadonlyMap<string, number> {
  const made = ofSources(steps).flatMap((step, index) => (step.kind === "create" ? [[keyOf(step), changed[index]!] as const] : []));
  return new Map([...[...matches.sources].map(([source, { id }]) => [sourceKey(source), id] as const), ...made]);
}

/** Ids of one kind that are there after the plan, whoever made them. */
export function idsThere(before: readonly { readonly id: number }[], wanted: Iterable<number>, steps: readonly Step[], object: "source" | "collector"): ReadonlySet<number> {
  const there = new Set([...before.map(({ id }) => id), ...wanted]);
  for (const step of steps) if (step.kind === "delete" && step.object === object) there.delete(step.id!);
  return there;
}

/** The steps with the ids of what they created. */
export function withIds(steps: readonly Step[], collectorIds: ReadonlyMap<string, number>, sourceIds: ReadonlyMap<string, number>): Step[] {
  return steps.map((step) => {
    const id = step.kind !== "create" ? undefined : step.object === "source" ? sourceIds.get(keyOf(step)) : step.object === "collector" ? collectorIds.get(step.name) : undefined;
    return id === undefined ? step : { ...step, id };
  });
}

function ofSources(steps: readonly Step[]): Step[] {
  return steps.filter(({ object }) => object === "source");
}

function keyOf({ name, collector = DEFAULT_COLLECTOR_NAME }: Step): string {
  return sourceKey({ name, collector } satisfies Pick<DesiredSource, "name" | "collector">);
}
