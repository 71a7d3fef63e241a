/** Progress of a source on the wire: status, coverage, backfills, events. Times are ISO 8601 in UTC, lengths whole seconds. */
import type { SourceStatus, Stretch } from "../collect/operations.js";
import type { KnownSource } from "../collect/wiring.js";
import type { Backfill } from "../core/coverage.js";
import { lengthMs, type Window } from "../core/model.js";
import type { EventRecord } from "../ports.js";
import { iso } from "./source-form.js";
import { stateForm } from "./state-form.js";

/** What GET …/status answers. */
export function statusForm({ record, config }: KnownSource, status: SourceStatus) {
  const { totals, debt } = status;
  const { lastDeliveredMs, ...counts } = totals;
  return {
    id: record.id,
    name: config.name,
    state: stateForm(status.health),
    paused: status.paused,
    cursor: iso(status.cursorMs),
    frontier: iso(status.frontierMs),
    settledUntil: iso(status.settledMs),
    lagSeconds: seconds(status.lagMs),
    nextPoll: status.nextMs > 0 ? iso(status.nextMs) : null,
    debt: { seconds: seconds(debt.ms), rows: debt.rows, requests: debt.requests },
    gapSeconds: seconds(status.gapMs),
    stuckSeconds: seconds(status.stuckMs),
    backfills: status.backfills.map((backfill) => ({ ...backfillForm(backfill), leftSeconds: seconds(backfill.leftMs) })),
    totals: { ...counts, lastDelivered: lastDeliveredMs > 0 ? iso(lastDeliveredMs) : null },
    destinations: config.destinations,
  };
}

/** What GET …/coverage answers: stretches without holes, and how much of each kind there is. */
export function coverageForm({ record }: KnownSource, window: Window, stretches: readonly Stretch[]) {
  const sums = { settled: 0, read: 0, unread: 0, gap: 0, stuck: 0 };
  for (const stretch of stretches) sums[stretch.state] += lengthMs(stretch);
  return {
    id: record.id,
    ...windowForm(window),
    seconds: Object.fromEntries(Object.entries(sums).map(([state, ms]) => [state, seconds(ms)])),
    stretches: stretches.map(({ startMs, endMs, readAgeMs, ...rest }) => ({ ...windowForm({ startMs, endMs }), ...rest, ...(readAgeMs === undefined ? {} : { readAgeSeconds: seconds(readAgeMs) }) })),
  };
}

export function backfillForm({ id, createdMs, again, ...window }: Backfill) {
  return { id, ...windowForm(window), again, created: iso(createdMs), seconds: seconds(lengthMs(window)) };
}

/** An event; a window in its detail is shown as from and to. */
export function eventForm({ atMs, kind, detail }: EventRecord) {
  return { at: iso(atMs), kind, detail: isWindow(detail) ? { ...windowForm(detail), ...withoutBounds(detail) } : detail };
}

/** Half open: `to` is not part of it. */
export function windowForm({ startMs, endMs }: Window): { readonly from: string; readonly to: string } {
  return { from: iso(startMs), to: iso(endMs) };
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}

function isWindow(detail: unknown): detail is Window {
  return typeof detail === "object" && detail !== null && "startMs" in detail && "endMs" in detail && Number.isFinite(detail.startMs) && Number.isFinite(detail.endMs);
}

function withoutBounds(detail: Window): Record<string, unknown> {
  const { startMs: _start, endMs: _end, ...rest } = detail;
  return rest;
}
