import { collectDefaultMetrics, Registry } from "prom-client";
import type { Clock, Happening, Observe } from "../ports.js";
import { createInstruments, type Instruments } from "./instruments.js";
import { statusLabel } from "./status-label.js";

/** What only the supervisor knows of a source; whatever is absent keeps its last value. */
export interface SourceGauges {
  readonly api?: string;
  /** Now minus received time of the newest row delivered. */
  readonly lagSeconds?: number;
  readonly cursorAgeSeconds?: number;
  readonly frontierAgeSeconds?: number;
  readonly settledAgeSeconds?: number;
  readonly debtRows?: number;
  readonly debtRequests?: number;
  readonly gapSeconds?: number;
}

export interface Metrics {
  readonly registry: Registry;
  readonly observe: Observe;
  setSource(sourceId: number, gauges: SourceGauges): void;
}

/**
 * Prometheus metrics in a registry of their own. Labels are bounded: `source` is the numeric id of a definition that exists,
 * destinations are the operator's, statuses are grouped.
 * `processMetrics` adds CPU, memory and event loop of the process (default false: simulations have many collectors in one).
 */
export function createMetrics(clock: Clock, options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  const apis = new Map<number, string>();
  const states = new Map<number, string>();
  // Ids are never reused (Store.nextId), so this can name a deleted source for ever.
  const forgotten = new Set<number>();

  /** Drops every series of a deleted source, and ignores what still comes of it. */
  async function forget(sourceId: number): Promise<void> {
    forgotten.add(sourceId);
    apis.delete(sourceId);
    states.delete(sourceId);
    for (const metric of Object.values(instruments)) await removeSource(metric, String(sourceId));
  }

  return {
    registry,
    observe(happening) {
      if (forgotten.has(happening.sourceId)) return;
      if (happening.kind === "deleted") return void forget(happening.sourceId);
      count(happening, instruments, clock, apis.get(happening.sourceId) ?? "unknown");
      if (happening.kind === "state") showState(happening.sourceId, happening.state, instruments, states);
    },
    setSource(sourceId, gauges) {
      if (forgotten.has(sourceId)) return;
      if (gauges.api !== undefined) apis.set(sourceId, gauges.api);
      showGauges(sourceId, gauges, instruments);
    },
  };
}

function count(happening: Happening, to: Instruments, clock: Clock, api: string): void {
  const source = String(happening.sourceId);
  switch (happening.kind) {
    case "request": {
      const { outcome, purpose } = happening;
      to.requests.inc({ source, api, status: statusLabel(outcome.status), purpose });
      to.requestSeconds.observe({ source, api }, outcome.tookMs / 1000);
      return;
    }
    case "page":
      to.rowsRead.inc({ source, purpose: happening.purpose }, happening.rows);
      to.rowsFresh.inc({ source, purpose: happening.purpose }, happening.fresh);
      to.bytesRead.inc({ source }, happening.bytes);
      return;
    case "delivered": {
      const labels = { source, destination: happening.destination };
      to.rowsDelivered.inc(labels, happening.rows);
      to.bytesDelivered.inc(labels, happening.bytes);
      to.deliveredAt.set(labels, clock.nowMs() / 1000);
      to.warnings.inc(labels, happening.warning === undefined ? 0 : 1);
      return;
    }
    case "window":
      to.windows.inc({ source, purpose: happening.purpose });
      return;
    case "fault":
      to.faults.inc({ source, code: happening.code });
      return;
    case "gap":
      to.gaps.inc({ source });
      return;
    case "state":
    case "deleted":
  }
}

function showState(sourceId: number, state: string, to: Instruments, states: Map<number, string>): void {
  const source = String(sourceId);
  const before = states.get(sourceId);
  if (before !== undefined) to.state.remove({ source, state: before });
  states.set(sourceId, state);
  to.state.set({ source, state }, 1);
}

function showGauges(sourceId: number, gauges: SourceGauges, to: Instruments): void {
  const source = String(sourceId);
  const pairs = [
    [to.lag, gauges.lagSeconds],
    [to.cursorAge, gauges.cursorAgeSeconds],
    [to.frontierAge, gauges.frontierAgeSeconds],
    [to.settledAge, gauges.settledAgeSeconds],
    [to.debtRows, gauges.debtRows],
    [to.debtRequests, gauges.debtRequests],
    [to.gapSeconds, gauges.gapSeconds],
  ] as const;
  for (const [gauge, value] of pairs) if (value !== undefined && Number.isFinite(value)) gauge.set({ source }, value);
}

/** Removes the series of one source, whatever their other labels are. */
async function removeSource(metric: Instruments[keyof Instruments], source: string): Promise<void> {
  const { values } = await metric.get();
  for (const { labels } of values) {
    if (labels.source !== source) continue;
    // "le" belongs to a histogram's buckets, not to its series.
    metric.remove(Object.fromEntries(Object.entries(labels).filter(([name]) => name !== "le")) as never);
  }
}
