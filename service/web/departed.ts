/** Remembers sources that were deleted a moment ago: a DELETE that is repeated after a lost answer must find 200 (transcript 4). */
import type { Clock } from "../ports.js";

export interface Departed {
  add(id: number, collectorId: number): void;
  has(id: number, collectorId: number): boolean;
}

/** Terraform repeats a request for up to 181 s (sumo-contract 1.5). */
const KEPT_MS = 600_000;
const KEPT_MAX = 1000;

export function createDeparted(clock: Clock): Departed {
  const gone = new Map<string, number>();
  const key = (id: number, collectorId: number) => `${collectorId}/${id}`;
  return {
    add(id, collectorId) {
      gone.set(key(id, collectorId), clock.nowMs());
      if (gone.size > KEPT_MAX) gone.delete(gone.keys().next().value!);
    },
    has: (id, collectorId) => clock.nowMs() - (gone.get(key(id, collectorId)) ?? Number.NEGATIVE_INFINITY) < KEPT_MS,
  };
}
