/** What the receiver took, in the order it took it. */
import { readTraceLine, type TraceLine } from "./trace-line.js";

/** How the sender came to know: `lost` explains a repeat. */
export type ReceiverOutcome = "answered" | "lost" | "refused";

export interface ReceivedRequest {
  /** Counts requests, refused ones included. */
  readonly serial: number;
  readonly atMs: number;
  /** URL code or token. */
  readonly code: string;
  /** X-Sumo-Name, -Category, -Host and -Fields as sent; "" when absent. */
  readonly name: string;
  readonly category: string;
  readonly host: string;
  readonly fields: string;
  readonly status: number | "cut" | "hang";
  readonly outcome: ReceiverOutcome;
  /** Whether the lines were taken. */
  readonly taken: boolean;
  readonly lines: number;
  /** Uncompressed. */
  readonly bytes: number;
  readonly encoding: string;
}

export interface TakenLine extends TraceLine {
  readonly atMs: number;
  readonly request: number;
  /** X-Sumo-Name of its request. */
  readonly name: string;
  /** Absent when the ledger keeps keys only. */
  readonly text?: string;
}

export interface Ledger {
  record(request: Omit<ReceivedRequest, "serial">, lines: readonly string[]): void;
  /** Trace rows that were taken, oldest first; lines that are none have an empty key. */
  taken(filter?: { readonly name?: string }): Iterable<TakenLine>;
  /** The last thousands of requests. */
  requests(): readonly ReceivedRequest[];
  totals(): { readonly requests: number; readonly refused: number; readonly lost: number; readonly lines: number; readonly bytes: number };
}

const REQUESTS_MAX = 10_000;
const NO_TRACE_ROW: TraceLine = { key: "", api: "graph", content: "", status: "" };

export function createLedger(keep: "lines" | "keys"): Ledger {
  const taken: TakenLine[] = [];
  let requests: ReceivedRequest[] = [];
  const totals = { requests: 0, refused: 0, lost: 0, lines: 0, bytes: 0 };
  return {
    record(request, lines) {
      const serial = totals.requests++;
      requests.push({ serial, ...request });
      if (requests.length > 2 * REQUESTS_MAX) requests = requests.slice(-REQUESTS_MAX);
      if (request.outcome === "refused") totals.refused++;
      if (request.outcome === "lost") totals.lost++;
      if (!request.taken) return;
      totals.lines += lines.length;
      totals.bytes += request.bytes;
      for (const text of lines) {
        const line = readTraceLine(text) ?? NO_TRACE_ROW;
        taken.push({ ...line, atMs: request.atMs, request: serial, name: request.name, ...(keep === "lines" ? { text } : {}) });
      }
    },
    *taken(filter = {}) {
      for (const line of taken) if (filter.name === undefined || line.name === filter.name) yield line;
    },
    requests: () => requests.slice(-REQUESTS_MAX),
    totals: () => ({ ...totals }),
  };
}
