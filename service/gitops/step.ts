/** One change that a plan holds, and when what has no file any more is due. Pure. */
import type { Difference } from "./difference.js";
import type { Mark } from "./kept.js";
import type { ObjectKind } from "./repository.js";

export interface Of<Kind extends ObjectKind> {
  readonly object: Kind;
  readonly name: string;
  readonly file: string;
  /** Of a source: the collector that it belongs to, where that is not the one that is always there. */
  readonly collector?: string;
}
/** Ids of what is created are there after it was done. */
export type Step =
  | ({ readonly kind: "create"; readonly id?: number } & Of<ObjectKind>)
  | ({ readonly kind: "update"; readonly id?: number; readonly changes: readonly Difference[] } & Of<ObjectKind>)
  | ({ readonly kind: "pause"; readonly id: number; readonly deleteAtMs?: number } & Of<"source">)
  | ({ readonly kind: "delete"; readonly id: number } & Of<"source" | "collector">)
  | ({ readonly kind: "delete"; readonly id?: number } & Of<"destination">);

export interface PlanOptions {
  readonly nowMs: number;
  /** Deletes at once what files no longer say. */
  readonly prune: boolean;
  /** How long what is gone stays paused before it is deleted, ms; absent: until somebody prunes. */
  readonly graceMs?: number;
  /** Names of the operator's own destinations: they are there whatever files say. */
  readonly operatorDestinations: ReadonlySet<string>;
}

/** When what has no file any more is deleted; undefined while nobody prunes. */
export function dueMs({ removedMs }: Mark, { nowMs, graceMs }: PlanOptions): number | undefined {
  return graceMs === undefined ? undefined : (removedMs ?? nowMs) + graceMs;
}

/** Whether it is deleted now. */
export function isDue(mark: Mark, options: PlanOptions): boolean {
  const due = dueMs(mark, options);
  return options.prune || (due !== undefined && mark.removedMs !== undefined && options.nowMs >= due);
}
