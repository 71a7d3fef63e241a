/** A row as the reporting service writes it, light or verbose (microsoft-apis.md 1.2, 1.3). */
import { formatInstant, type Instant } from "./instant.js";
import type { VisibleRow } from "./mailbox.js";
import type { ReportingQuery } from "./reporting-query.js";
import type { TraceStatus } from "./trace-row.js";

export function reportingRow({ row, state }: VisibleRow, query: ReportingQuery, index: number, base: string): Record<string, unknown> {
  const uri = `${base}/MessageTrace(${index})`;
  const date = (instant: Instant, zone: string): string => (query.verbose ? `/Date(${instant.ms})/` : `${formatInstant(instant)}${zone}`);
  return {
    ...(query.verbose ? { __metadata: { id: uri, uri, type: "TenantReporting.MessageTrace" } } : {}),
    Organization: row.recipient.slice(row.recipient.lastIndexOf("@") + 1),
    MessageId: row.messageId,
    // Without Z in the light form: seen so in the best sample, legacy-light-page-sumologic.json.
    Received: date(row.received, ""),
    SenderAddress: row.sender,
    RecipientAddress: row.recipient,
    Subject: row.subject,
    Status: reportingStatus(state.status),
    ToIP: state.toIP,
    FromIP: row.fromIP,
    Size: state.size,
    MessageTraceId: row.id,
    // Echo of the query, the same on every row.
    StartDate: date(query.from, "Z"),
    EndDate: date(query.to, "Z"),
    Index: index,
  };
}

/** The service does not know `recalled`: to it the message was delivered. */
export function reportingStatus(status: TraceStatus): string {
  return status === "recalled" ? "Delivered" : status.charAt(0).toUpperCase() + status.slice(1);
}
