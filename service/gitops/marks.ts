/** The marks as they are after a plan: which object comes from which file. Pure. */
import type { Desired, DesiredSource } from "./desired.js";
import { canonical } from "./difference.js";
import type { DestinationMark, Kept, Mark } from "./kept.js";
import type { Step } from "./step.js";

type Marks = Pick<Kept, "collectors" | "sources" | "destinations">;

export interface MarksOptions {
  readonly origin: Pick<Mark, "by" | "revision">;
  readonly steps: readonly Step[];
  /** Ids after the plan. */
  readonly idOf: { collector(name: string): number; source(source: DesiredSource): number };
  /** Ids of what is there after the plan. */
  readonly there: { readonly collectors: ReadonlySet<number>; readonly sources: ReadonlySet<number> };
  readonly nowMs: number;
}

/** What has no file any more keeps its mark, with the time, until it is deleted. */
export function marksAfter(desired: Desired, kept: Kept, { origin, steps, idOf, there, nowMs }: MarksOptions): Marks {
  const remaining = <T extends Mark>(marks: Readonly<Record<string, T>>, stays: (key: string) => boolean): Record<string, T> =>
    Object.fromEntries(Object.entries(marks).flatMap(([key, mark]) => (stays(key) ? [[key, { ...mark, removedMs: mark.removedMs ?? nowMs }]] : [])));
  const deleted = new Set(steps.filter(({ kind, object }) => kind === "delete" && object === "destination").map(({ name }) => name));
  const collectors = remaining(kept.collectors, (id) => there.collectors.has(Number(id)));
  const sources = remaining(kept.sources, (id) => there.sources.has(Number(id)));
  const destinations: Record<string, DestinationMark> = remaining(kept.destinations, (name) => !deleted.has(name));
  for (const { name, file } of desired.collectors) collectors[idOf.collector(name)] = { ...origin, file };
  for (const source of desired.sources) sources[idOf.source(source)] = { ...origin, file: source.file };
  for (const { name, file, entry } of desired.destinations) destinations[name] = { ...origin, file, entry };
  return { collectors, sources, destinations };
}

/** Whether two sets of marks say the same. */
export function sameMarks(a: Marks, b: Marks): boolean {
  return canonical([a.collectors, a.sources, a.destinations]) === canonical([b.collectors, b.sources, b.destinations]);
}
