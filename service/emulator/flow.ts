/**
 * The mail flow of a tenant: a pure function of seed, tenant and segments. Time is cut into slots, and the rows of a slot come
 * from the slot's own seed, so that any stretch of virtual days can be asked for without making what lies before it.
 */
import type { FlowSegment, FlowSettings } from "./flow-options.js";
import { slotLengthMs, slotRows, type SlotPlace } from "./flow-slot.js";
import { newestFirst, type TraceRow } from "./trace-row.js";

export interface Flow {
  /** Rows received in fromMs <= t < toMs, newest first, whether they show yet or not. */
  newest(fromMs: number, toMs: number): Iterable<TraceRow>;
  /** The same, oldest first. */
  oldest(fromMs: number, toMs: number): Iterable<TraceRow>;
  /** Ends the open segment. Call with a time that is not before any answer already given. */
  stop(atMs: number): void;
  segments(): readonly FlowSegment[];
}

/** Slots kept in memory: enough for the pages of one window to be asked for one after the other. */
const CACHED_ROWS_MAX = 30_000;

export function createFlow(place: SlotPlace, settings: FlowSettings): Flow {
  let segments = settings.segments;
  const cache = createSlotCache();

  function* slots(fromMs: number, toMs: number, backwards: boolean): Iterable<Slot> {
    for (const segment of backwards ? segments.toReversed() : segments) {
      const slotMs = slotLengthMs(segment.rowsPerSecond ?? settings.rowsPerSecond);
      const segmentEndMs = segment.toMs ?? Infinity;
      // Its last slot may reach beyond its end, and would be taken a second time.
      if (segmentEndMs <= fromMs) continue;
      const first = Math.floor(Math.max(fromMs, segment.fromMs) / slotMs);
      const last = Math.ceil(Math.min(toMs, segmentEndMs) / slotMs) - 1;
      for (let i = 0; i <= last - first; i++) {
        const slot = backwards ? last - i : first + i;
        const rows = cache(`${segment.fromMs}|${slot}`, () => slotRows(place, settings, segment, slot));
        yield { rows, endMs: Math.min((slot + 1) * slotMs, segmentEndMs) };
      }
    }
  }
  let limit = createRowLimit(settings.rowsMax, slots);

  function* rows(fromMs: number, toMs: number, backwards: boolean): Iterable<TraceRow> {
    const allows = limit(toMs);
    for (const slot of slots(fromMs, toMs, backwards)) {
      for (const row of backwards ? slot.rows : slot.rows.toReversed()) {
        if (row.received.ms >= fromMs && row.received.ms < toMs && allows(row)) yield row;
      }
    }
  }
  return {
    newest: (fromMs, toMs) => rows(fromMs, toMs, true),
    oldest: (fromMs, toMs) => rows(fromMs, toMs, false),
    segments: () => segments,
    stop(atMs) {
      segments = segments.filter((segment) => segment.fromMs < atMs)
        .map((segment) => ({ ...segment, toMs: Math.min(segment.toMs ?? atMs, atMs) }));
      // The slot that holds `atMs` may have been made, and counted, whole.
      cache.clear();
      limit = createRowLimit(settings.rowsMax, slots);
    },
  };
}

interface Slot {
  readonly rows: readonly TraceRow[];
  readonly endMs: number;
}

/** Finds the row with which production ends, by counting slots from the beginning, each once. */
function createRowLimit(rowsMax: number | undefined, slots: (fromMs: number, toMs: number, backwards: boolean) => Iterable<Slot>) {
  let counted = 0;
  let countedToMs = -Infinity;
  let last: TraceRow | undefined;
  return (toMs: number): ((row: TraceRow) => boolean) => {
    if (rowsMax === undefined) return () => true;
    if (rowsMax <= 0) return () => false;
    for (const slot of last || toMs <= countedToMs ? [] : slots(countedToMs, toMs, false)) {
      // Newest first: the row wanted is counted from the slot's end.
      last = slot.rows[slot.rows.length - (rowsMax - counted)];
      if (last) break;
      counted += slot.rows.length;
      countedToMs = slot.endMs;
    }
    return (row) => !last || newestFirst(row, last) >= 0;
  };
}

/** Slots kept in memory, the first made the first dropped. */
function createSlotCache() {
  const slots = new Map<string, readonly TraceRow[]>();
  let held = 0;
  const get = (key: string, make: () => readonly TraceRow[]): readonly TraceRow[] => {
    const known = slots.get(key);
    if (known) return known;
    const rows = make();
    slots.set(key, rows);
    held += rows.length + 1;
    for (const [oldest, dropped] of slots) {
      if (held <= CACHED_ROWS_MAX || oldest === key) break;
      slots.delete(oldest);
      held -= dropped.length + 1;
    }
    return rows;
  };
  return Object.assign(get, {
    clear(): void {
      slots.clear();
      held = 0;
    },
  });
}
