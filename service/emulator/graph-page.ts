/** Pages and next links of Graph: the token holds the query and the position (received time, recipient), and goes bad in time. */
import type { Call } from "./call.js";
import { matchesGraph, type GraphQuery } from "./graph-query.js";
import { formatInstant } from "./instant.js";
import type { VisibleRow } from "./mailbox.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import { hash64 } from "./seeded-random.js";
import { newestFirst, type TraceRow } from "./trace-row.js";

/** Where a page begins: after this row. */
export type GraphPosition = Pick<TraceRow, "received" | "recipient" | "id">;

export interface GraphPage {
  readonly query: GraphQuery;
  readonly after: GraphPosition | undefined;
}

/** Up to one page of rows, and whether there are more. */
export function readRows(tenant: EmulatedTenant, page: GraphPage, nowMs: number): { rows: VisibleRow[]; more: boolean } {
  const { query, after } = page;
  const to = after && after.received.ms < query.to.ms ? { ms: after.received.ms, ticks: 0 } : query.to;
  const rows: VisibleRow[] = [];
  for (const visible of tenant.mailbox.visible({ from: query.from, to, precision: "ms" }, nowMs)) {
    if (after && newestFirst(visible.row, after as TraceRow) <= 0) continue;
    if (!matchesGraph(query, visible)) continue;
    if (rows.length === query.top) return { rows, more: true };
    rows.push(visible);
  }
  return { rows, more: false };
}

/** A row as Graph v1.0 writes it; `recalled` only for those who ask for members the enum did not have from the start. */
export function graphRow({ row, state }: VisibleRow, recalled: boolean): Record<string, unknown> {
  return {
    id: row.id,
    senderAddress: row.sender,
    recipientAddress: row.recipient,
    messageId: row.messageId ?? "",
    receivedDateTime: `${formatInstant({ ms: row.received.ms, ticks: 0 })}Z`,
    subject: row.subject ?? "",
    size: state.size,
    fromIP: row.fromIP ?? "",
    toIP: state.toIP ?? "",
    status: state.status === "recalled" && !recalled ? "unknownFutureValue" : state.status,
  };
}

interface LinkContent extends GraphPage {
  readonly tenantId: string;
  readonly issuedMs: number;
  readonly serial: string;
}

/** An absolute next link to the page after the position; `issuedMs` in the past makes one that has gone bad. */
export function writeLink(scene: Scene, call: Call, tenant: EmulatedTenant, page: GraphPage, issuedMs: number): string {
  const content: LinkContent = { ...page, tenantId: tenant.tenantId, issuedMs, serial: scene.nextGuid().slice(0, 8) };
  const payload = Buffer.from(JSON.stringify(content), "utf8").toString("base64url");
  return `${call.origin}${call.path}?%24skiptoken=${payload}.${hash64(`${scene.seed}|${payload}`)}`;
}

/** The page that a skip token leads to; undefined when it is not ours or has gone bad. */
export function readLink(scene: Scene, tenant: EmulatedTenant, token: string, nowMs: number): GraphPage | undefined {
  const [payload = "", mark] = token.split(".");
  if (mark !== hash64(`${scene.seed}|${payload}`)) return undefined;
  const content = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as LinkContent;
  const bad = content.tenantId !== tenant.tenantId || nowMs - content.issuedMs >= scene.linkLifetimeMs;
  return bad ? undefined : { query: content.query, after: content.after };
}
