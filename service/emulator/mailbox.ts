/** All rows of one tenant: its mail flow and the rows that a test put in by hand. */
import { compareInstants, type Instant } from "./instant.js";
import { createFlow } from "./flow.js";
import { flowSettings, type FlowOptions, type FlowSegment } from "./flow-options.js";
import type { SlotPlace } from "./flow-slot.js";
import { guid, seededRandom } from "./seeded-random.js";
import { newestFirst, stateAt, type RowState, type TraceRow } from "./trace-row.js";

/** A row to put in: what is absent is filled from the seed, and it shows when it is received. */
export type InjectedRow = Partial<Omit<TraceRow, "received" | "first">> & Partial<RowState> & {
  readonly receivedMs: number;
  readonly receivedTicks?: number;
};

/** Both bounds included, as both APIs have it. */
export interface Span {
  readonly from: Instant;
  readonly to: Instant;
  /** Graph knows a row's time to the millisecond only, the reporting service to the tick. */
  readonly precision: "ms" | "tick";
}
export interface VisibleRow {
  readonly row: TraceRow;
  readonly state: RowState;
}

export interface Mailbox {
  /** What the API shows now, newest first, made as it is asked for. */
  visible(span: Span, nowMs: number): Iterable<VisibleRow>;
  /** Rows received up to then, shown or not, oldest first. */
  produced(fromMs: number, untilMs: number): Iterable<TraceRow>;
  /** Running totals of produced and shown rows: cheap to ask again and again while time goes on. */
  totals(nowMs: number): { readonly produced: number; readonly visible: number };
  add(row: InjectedRow): TraceRow;
  stop(atMs: number): void;
  segments(): readonly FlowSegment[];
}

export function createMailbox(place: SlotPlace, options: FlowOptions): Mailbox {
  const flow = createFlow(place, flowSettings(options));
  const injected: TraceRow[] = [];
  const tally = createTally((fromMs, toMs) => flow.oldest(fromMs, toMs));

  function* newest(fromMs: number, toMs: number): Iterable<TraceRow> {
    const mine = injected.filter((row) => row.received.ms >= fromMs && row.received.ms < toMs);
    let next = 0;
    for (const row of flow.newest(fromMs, toMs)) {
      while (next < mine.length && newestFirst(mine[next]!, row) < 0) yield mine[next++]!;
      yield row;
    }
    yield* mine.slice(next);
  }
  return {
    *visible({ from, to, precision }, nowMs) {
      for (const row of newest(from.ms, Math.min(to.ms, nowMs) + 1)) {
        const received = precision === "tick" ? row.received : { ms: row.received.ms, ticks: 0 };
        if (compareInstants(received, from) < 0 || compareInstants(received, to) > 0) continue;
        const state = stateAt(row, nowMs);
        if (state) yield { row, state };
      }
    },
    *produced(fromMs, untilMs) {
      yield* flow.oldest(fromMs, untilMs + 1);
      yield* injected.filter((row) => row.received.ms >= fromMs && row.received.ms <= untilMs).toReversed();
    },
    totals(nowMs) {
      const { produced, hidden } = tally(nowMs);
      const mine = injected.filter((row) => row.received.ms <= nowMs);
      return { produced: produced + mine.length, visible: produced - hidden + mine.filter((row) => row.visibleAtMs <= nowMs).length };
    },
    add(given) {
      const row = fillRow(given, place, injected.length);
      const at = injected.findIndex((other) => newestFirst(row, other) < 0);
      injected.splice(at < 0 ? injected.length : at, 0, row);
      return row;
    },
    stop: flow.stop,
    segments: flow.segments,
  };
}

function fillRow(given: InjectedRow, place: SlotPlace, serial: number): TraceRow {
  const random = seededRandom(place.seed, place.tenantId, "injected", serial);
  const id = given.id ?? guid(random);
  return {
    id,
    messageId: given.messageId === undefined ? `<${id}@injected.example>` : given.messageId,
    received: { ms: given.receivedMs, ticks: given.receivedTicks ?? 0 },
    sender: given.sender ?? "sender@fabrikam.example",
    recipient: given.recipient ?? `recipient${serial}@${place.organization}`,
    subject: given.subject === undefined ? `injected ${serial}` : given.subject,
    fromIP: given.fromIP === undefined ? "203.0.113.7" : given.fromIP,
    first: { status: given.status ?? "delivered", toIP: given.toIP ?? null, size: given.size ?? 1_000 },
    visibleAtMs: Math.max(given.visibleAtMs ?? given.receivedMs, given.receivedMs),
    changes: (given.changes ?? []).toSorted((a, b) => a.atMs - b.atMs),
    late: given.late ?? (given.visibleAtMs ?? given.receivedMs) > given.receivedMs,
  };
}

/** Counts each row of the flow once; of what is not shown yet it keeps the time only. */
function createTally(oldest: (fromMs: number, toMs: number) => Iterable<TraceRow>) {
  let fromMs = -Infinity;
  let produced = 0;
  let hiddenUntilMs: number[] = [];
  return (nowMs: number): { produced: number; hidden: number } => {
    for (const row of nowMs >= fromMs ? oldest(fromMs, nowMs + 1) : []) {
      produced++;
      hiddenUntilMs.push(row.visibleAtMs);
    }
    fromMs = Math.max(fromMs, nowMs + 1);
    hiddenUntilMs = hiddenUntilMs.filter((visibleAtMs) => visibleAtMs > nowMs);
    return { produced, hidden: hiddenUntilMs.length };
  };
}
