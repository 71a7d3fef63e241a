import type { FreshRow } from "../../service/core/fold.js";
import type { Row } from "../../service/core/model.js";

/** A row as a source yields it. */
export function row(key: string, timeMs: number, change: Partial<Row> = {}): Row {
  const status = change.status ?? "delivered";
  return { key, version: "v1", timeMs, status, text: JSON.stringify({ received: Number.isNaN(timeMs) ? null : timeMs, key, status }), ...change };
}

/** Keys and kinds of fresh rows, in order. */
export function kinds(fresh: readonly FreshRow[]): string[] {
  return fresh.map(({ row, kind, statusBefore }) => `${row.key} ${kind}${statusBefore === undefined ? "" : ` (${statusBefore})`}`);
}
