/** A row as the emulator knows it: what it is, when it shows, and how it changes. */
import { compareInstants, type Instant } from "./instant.js";

/** Graph's spelling; the reporting service writes the same words with a capital. */
export const TRACE_STATUSES = [
  "gettingStatus", "pending", "failed", "delivered", "expanded", "quarantined", "filteredAsSpam", "recalled", "none",
] as const;
export type TraceStatus = (typeof TRACE_STATUSES)[number];

/** The part of a row that changes in place. */
export interface RowState {
  readonly status: TraceStatus;
  readonly toIP: string | null;
  readonly size: number;
}

export interface RowChange {
  /** When the API begins to show it, ms. */
  readonly atMs: number;
  readonly patch: Partial<RowState>;
}

export interface TraceRow {
  /** Trace id: identifies the message, repeats over its recipients. */
  readonly id: string;
  readonly messageId: string | null;
  readonly received: Instant;
  readonly sender: string;
  readonly recipient: string;
  readonly subject: string | null;
  readonly fromIP: string | null;
  readonly first: RowState;
  /** When the API begins to show the row, ms. */
  readonly visibleAtMs: number;
  /** In time order; a change before `visibleAtMs` is part of the first state shown. */
  readonly changes: readonly RowChange[];
  /** Held back beyond the usual delay. */
  readonly late: boolean;
}

/** Identity of a row: trace id and recipient in lower case. */
export function rowKey(row: { readonly id: string; readonly recipient: string }): string {
  return `${row.id}|${row.recipient.toLowerCase()}`;
}

/** What the API shows of the row at this time; undefined while it shows nothing. */
export function stateAt(row: TraceRow, nowMs: number): RowState | undefined {
  if (nowMs < row.visibleAtMs) return undefined;
  let state = row.first;
  for (const change of row.changes) {
    if (change.atMs > nowMs) break;
    state = { ...state, ...change.patch };
  }
  return state;
}

export interface ShownState {
  readonly fromMs: number;
  readonly state: RowState;
}

/** Every state that the API has shown until then, oldest first. */
export function shownStates(row: TraceRow, untilMs: number): readonly ShownState[] {
  const first = untilMs < row.visibleAtMs ? undefined : stateAt(row, row.visibleAtMs);
  if (!first) return [];
  const shown: ShownState[] = [{ fromMs: row.visibleAtMs, state: first }];
  for (const { atMs, patch } of row.changes) {
    if (atMs <= row.visibleAtMs || atMs > untilMs) continue;
    shown.push({ fromMs: atMs, state: { ...shown.at(-1)!.state, ...patch } });
  }
  return shown;
}

/** The order of both APIs: newest first, then recipient and trace id, so that it is total and stable. */
export function newestFirst(a: TraceRow, b: TraceRow): number {
  return compareInstants(b.received, a.received) || compareText(a.recipient, b.recipient) || compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
