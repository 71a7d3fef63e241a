/** What an operator may do to a running source: backfill, rewind, give up a stretch, and look at its coverage. */
import { cursorMs, erase, frontierMs, markGap, missing, rowsPerMs, settledMs, spansIn, unread, type Backfill, type Coverage } from "../core/coverage.js";
import { viewHealth, type HealthView } from "../core/health.js";
import { lengthMs, type Window } from "../core/model.js";
import { BUCKET_MS, bucketStartMs } from "../core/fingerprints.js";
import { debts } from "../core/settling.js";
import type { Clock, Observe, Store } from "../ports.js";
import type { Definitions } from "./definitions.js";
import { NO_TOTALS, type Totals } from "./journal.js";
import type { Supervisor } from "./supervisor.js";
import { rulesOf, type KnownSource } from "./wiring.js";

/** State of the promise of one source, times in ms. */
export interface SourceStatus {
  readonly health: HealthView;
  readonly paused: boolean;
  readonly cursorMs: number;
  readonly frontierMs: number;
  readonly settledMs: number;
  /** Now minus cursor minus the wanted offset: how far behind delivery is. */
  readonly lagMs: number;
  readonly nextMs: number;
  /** What settling still owes: stretches due to be read again. */
  readonly debt: { readonly ms: number; readonly rows: number; readonly requests: number };
  readonly gapMs: number;
  readonly stuckMs: number;
  readonly backfills: readonly (Backfill & { readonly leftMs: number })[];
  readonly totals: Totals;
}

/** A stretch of the coverage strip. */
export interface Stretch extends Window {
  readonly state: "unread" | "read" | "settled" | "gap" | "stuck";
  /** Age of the newest row at the last reading, ms, for `read`. */
  readonly readAgeMs?: number;
  readonly rows?: number;
  readonly reason?: string;
}

export interface Operations {
  status(source: KnownSource): Promise<SourceStatus>;
  coverage(source: KnownSource, window?: Window): Promise<readonly Stretch[]>;
  /**
   * Reads what coverage lacks in the window, or with `again` everything, delivering it once more; then the window is widened to
   * whole buckets of fingerprints, for these are forgotten. Throws RangeError for a window that cannot be read.
   */
  backfill(source: KnownSource, window: Window, again: boolean): Promise<Backfill>;
  cancelBackfill(source: KnownSource, id: string): Promise<boolean>;
  /** Puts the cursor back, to the start of a bucket of fingerprints: everything since is read and delivered again. */
  rewind(source: KnownSource, toMs: number): Promise<void>;
  /** Records what is unread or stuck in the window as lost; whole seconds that were to be read. Throws RangeError when there are none. */
  giveUp(source: KnownSource, window: Window): Promise<void>;
}

export interface OperationsPorts {
  readonly definitions: Definitions;
  readonly supervisor: Supervisor;
  readonly store: Pick<Store, "appendEvent">;
  readonly clock: Clock;
  readonly observe: Observe;
}

export function createOperations(ports: OperationsPorts): Operations {
  const { supervisor, clock } = ports;
  let lastId = 0;

  async function log(source: KnownSource, kind: string, detail: unknown): Promise<void> {
    await ports.store.appendEvent({ atMs: clock.nowMs(), sourceId: source.record.id, kind, detail });
  }

  return {
    async status(source) {
      const state = await supervisor.state(source);
      return statusOf(state, source, clock.nowMs());
    },
    async coverage(source, window) {
      const { coverage } = await supervisor.state(source);
      const nowMs = clock.nowMs();
      return stretches(coverage, window ?? { startMs: Math.min(coverage.originMs, coverage.spans[0]?.startMs ?? coverage.originMs), endMs: nowMs });
    },
    async backfill(source, asked, again) {
      const nowMs = clock.nowMs();
      const whole = again ? wholeBuckets(asked) : asked;
      const window = readable(source, whole, nowMs);
      lastId = Math.max(nowMs, lastId + 1);
      const backfill: Backfill = { ...window, id: `${lastId}`, createdMs: nowMs, again };
      // To the bucket's end, also where that is still to come: until the change is applied, more of it may have been read.
      const forget = { startMs: window.startMs, endMs: Math.max(window.endMs, wholeBuckets(window).endMs) };
      const change = (coverage: Coverage): Coverage => {
        if (!again) return { ...coverage, backfills: [...coverage.backfills, backfill] };
        return { ...erase(coverage, forget), backfills: [...coverage.backfills, { ...backfill, open: missing(coverage, window) }] };
      };
      await log(source, "backfill", backfill);
      await supervisor.edit(source, { change, ...(again ? { forget } : {}) });
      return backfill;
    },
    async cancelBackfill(source, id) {
      const { coverage } = await supervisor.state(source);
      if (!coverage.backfills.some((backfill) => backfill.id === id)) return false;
      await log(source, "backfill-cancelled", { id });
      await supervisor.edit(source, { change: (now) => ({ ...now, backfills: now.backfills.filter((backfill) => backfill.id !== id) }) });
      return true;
    },
    async rewind(source, toMs) {
      const nowMs = clock.nowMs();
      const { endMs } = readable(source, { startMs: toMs, endMs: nowMs }, nowMs);
      const window = readable(source, { startMs: bucketStartMs(toMs), endMs }, nowMs);
      await log(source, "rewind", window);
      const change = (coverage: Coverage) => erase({ ...coverage, originMs: Math.min(coverage.originMs, window.startMs) }, { ...window, endMs: Number.MAX_SAFE_INTEGER });
      await supervisor.edit(source, { change, forget: { ...window, endMs: Number.MAX_SAFE_INTEGER } });
    },
    async giveUp(source, asked) {
      const atMs = clock.nowMs();
      const { coverage } = await supervisor.state(source);
      const window = awaited(coverage, asked, atMs);
      await supervisor.edit(source, { change: (coverage) => markGap(coverage, window, "given-up", atMs) });
      ports.observe({ kind: "gap", sourceId: source.record.id, window, reason: "given-up" });
    },
  };
}

/** The part of a window that the API can still answer, on whole seconds. */
function readable(source: KnownSource, window: Window, nowMs: number): Window {
  const oldestMs = nowMs - source.sourceType.limits[source.config.api].historyMs;
  const startMs = Math.ceil(Math.max(window.startMs, oldestMs) / 1000) * 1000;
  const endMs = Math.floor(Math.min(window.endMs, nowMs) / 1000) * 1000;
  if (startMs >= endMs) throw new RangeError(`nothing between ${iso(window.startMs)} and ${iso(window.endMs)} can be read: the API answers from ${iso(oldestMs)} to ${iso(nowMs)}`);
  return { startMs, endMs };
}

/** Whole seconds of a window in which something was to be read: a gap before every promise would be no loss. */
function awaited(coverage: Coverage, window: Window, nowMs: number): Window {
  const oldestMs = Math.min(coverage.originMs, ...coverage.spans.slice(0, 1).map(({ startMs }) => startMs), ...coverage.backfills.map(({ startMs }) => startMs));
  const startMs = Math.ceil(Math.max(window.startMs, oldestMs) / 1000) * 1000;
  const endMs = Math.floor(Math.min(window.endMs, nowMs) / 1000) * 1000;
  if (startMs >= endMs) throw new RangeError(`nothing between ${iso(window.startMs)} and ${iso(window.endMs)} was to be read: collection goes from ${iso(oldestMs)} to ${iso(nowMs)}`);
  return { startMs, endMs };
}

/** A window widened to whole buckets of fingerprints. */
function wholeBuckets({ startMs, endMs }: Window): Window {
  return { startMs: bucketStartMs(startMs), endMs: bucketStartMs(endMs - 1) + BUCKET_MS };
}

function statusOf(state: Awaited<ReturnType<Supervisor["state"]>>, source: KnownSource, nowMs: number): SourceStatus {
  const { coverage, totals = NO_TOTALS } = state;
  const rules = rulesOf(source, "").plan;
  const due = debts(coverage, rules, nowMs);
  const dueMs = total(due);
  const rows = Math.round(dueMs * (rowsPerMs(coverage, 3_600_000) ?? 0));
  const kindMs = (kind: string) => total(coverage.spans.filter((span) => span.kind === kind));
  return {
    health: viewHealth(state.health, nowMs),
    paused: state.paused,
    cursorMs: cursorMs(coverage),
    frontierMs: frontierMs(coverage),
    settledMs: settledMs(coverage),
    lagMs: Math.max(0, nowMs - rules.offsetMs - cursorMs(coverage)),
    nextMs: state.nextMs,
    debt: { ms: dueMs, rows, requests: due.length === 0 ? 0 : Math.max(1, Math.ceil(rows / rules.pageRows)) },
    gapMs: kindMs("gap"),
    stuckMs: kindMs("stuck"),
    backfills: coverage.backfills.map((backfill) => ({ ...backfill, leftMs: total(missing(coverage, backfill)) })),
    totals,
  };
}

/** Coverage as a strip without holes. */
export function stretches(coverage: Coverage, window: Window): Stretch[] {
  const known = spansIn(coverage, window).map((span): Stretch => {
    const bounds = { startMs: span.startMs, endMs: span.endMs };
    if (span.kind === "read") return { ...bounds, state: "read", readAgeMs: span.readMs - span.endMs, rows: span.rows };
    if (span.kind === "settled") return { ...bounds, state: "settled", rows: span.rows };
    return { ...bounds, state: span.kind, reason: span.kind === "gap" ? span.reason : span.fault };
  });
  const open = unread(coverage, window).map((hole): Stretch => ({ ...hole, state: "unread" }));
  return [...known, ...open].toSorted((a, b) => a.startMs - b.startMs);
}

function total(windows: readonly Window[]): number {
  return windows.reduce((sum, window) => sum + lengthMs(window), 0);
}
function iso(ms: number): string {
  return new Date(ms).toISOString();
}
