/** Reads a delivered line back, whichever API it came from and whatever wrote it, into what comparing needs. */
import { formatInstant, parseInstant } from "./instant.js";
import { reportingStatus } from "./reporting-row.js";
import { hash64 } from "./seeded-random.js";
import type { TraceApi } from "./token.js";
import { rowKey, type RowState, type TraceRow } from "./trace-row.js";

export interface TraceLine {
  /** Trace id, "|", recipient in lower case. */
  readonly key: string;
  readonly api: TraceApi;
  /** Hash of everything that the row says, echoes of the query left out: differs when the row has changed. */
  readonly content: string;
  /** In lower case. */
  readonly status: string;
}

/** Undefined for what is no trace row. An additional object `collector` and other strange fields do not matter. */
export function readTraceLine(text: string): TraceLine | undefined {
  const value = parseObject(text);
  if (!value) return undefined;
  const graph = typeof value["id"] === "string";
  const field = (graphName: string, reportingName: string): unknown => value[graph ? graphName : reportingName];
  const string = (graphName: string, reportingName: string): string => {
    const found = field(graphName, reportingName);
    return found === null || found === undefined ? "" : String(found);
  };
  const id = string("id", "MessageTraceId");
  const recipient = string("recipientAddress", "RecipientAddress");
  if (id === "" || recipient === "") return undefined;
  const status = string("status", "Status").toLowerCase();
  const content = contentHash([
    string("messageId", "MessageId"), readTime(string("receivedDateTime", "Received")), string("senderAddress", "SenderAddress"), recipient,
    string("subject", "Subject"), string("size", "Size"), string("fromIP", "FromIP"), string("toIP", "ToIP"), status,
  ]);
  return { key: rowKey({ id, recipient }), api: graph ? "graph" : "reporting", content, status };
}

/** The content that a line of this row in this state has. */
export function contentOf(row: TraceRow, state: RowState, api: TraceApi): string {
  const status = api === "graph" ? state.status : reportingStatus(state.status);
  return contentHash([
    row.messageId ?? "", formatInstant({ ms: row.received.ms, ticks: 0 }), row.sender, row.recipient,
    row.subject ?? "", String(state.size), row.fromIP ?? "", state.toIP ?? "", status.toLowerCase(),
  ]);
}

function contentHash(parts: readonly string[]): string {
  return hash64(JSON.stringify(parts));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** To the millisecond, which is what both APIs and the verbose form share. */
function readTime(text: string): string {
  const verbose = /^\/Date\((-?\d+)\)\/$/.exec(text)?.[1];
  const instant = verbose === undefined ? parseInstant(text) : { ms: Number(verbose), ticks: 0 };
  return instant ? formatInstant({ ms: instant.ms, ticks: 0 }) : text;
}
