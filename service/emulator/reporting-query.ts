/** What the reporting service understands of a query (microsoft-apis.md 1.1, 1.5): the dates are parameters, written with `eq`. */
import type { Call } from "./call.js";
import { compareInstants, parseInstant, type Instant } from "./instant.js";
import type { VisibleRow } from "./mailbox.js";

export interface ReportingQuery {
  readonly from: Instant;
  readonly to: Instant;
  readonly top: number;
  /** Index of the first row wanted in the live result. */
  readonly skip: number;
  readonly equal: Readonly<Record<string, string>>;
  readonly verbose: boolean;
  /** Dates as the client wrote them: the next link echoes them. */
  readonly echo: string | undefined;
}

const DAY_MS = 86_400_000;
const CLAUSE = /^\s*(\w+)\s+eq\s+(?:(?:datetime|guid)\s*)?'((?:[^']|'')*)'\s*$/i;
const EQUAL_PROPERTIES = ["RecipientAddress", "SenderAddress", "Status", "MessageTraceId"];

/** The query, or the message of the 400. */
export function readReportingQuery(call: Call): ReportingQuery | string {
  const topText = call.query.get("$top") ?? "2000";
  if (!/^\d+$/.test(topText) || Number(topText) < 1) return `Incorrect format for $top argument '${topText}'.`;
  const skipText = call.query.get("$skiptoken") ?? "-1";
  if (!/^(-1|\d+)$/.test(skipText)) return `Incorrect format for $skiptoken argument '${skipText}'.`;
  const values: Record<string, string> = {};
  for (const clause of (call.query.get("$filter") ?? "").split(/\s+and\s+(?=\w+\s+eq\s)/i)) {
    if (clause.trim() === "") continue;
    const match = CLAUSE.exec(clause);
    if (!match) return `Syntax error in $filter at '${clause.slice(0, 100)}'.`;
    values[match[1]!] = match[2]!.replaceAll("''", "'");
  }
  const { StartDate, EndDate, ...equal } = values;
  const stranger = Object.keys(equal).find((name) => !EQUAL_PROPERTIES.includes(name));
  if (stranger !== undefined) return `Type 'TenantReporting.MessageTrace' does not have a property named '${stranger}'.`;
  const bounds = readBounds(StartDate, EndDate, call.nowMs);
  if (typeof bounds === "string") return bounds;
  return {
    ...bounds, equal, top: Math.min(2_000, Number(topText)), skip: Number(skipText) + 1,
    verbose: call.query.get("$format")?.toLowerCase() === "json",
    echo: StartDate === undefined ? undefined : `StartDate eq DateTime'${StartDate}'${EndDate === undefined ? "" : ` and EndDate eq DateTime'${EndDate}'`}`,
  };
}

/** 48 h without dates; 10 days of history, by date. */
function readBounds(start: string | undefined, end: string | undefined, nowMs: number): { from: Instant; to: Instant } | string {
  const now = { ms: nowMs, ticks: 0 };
  if (start === undefined && end === undefined) return { from: { ms: nowMs - 2 * DAY_MS, ticks: 0 }, to: now };
  if (start === undefined) return "StartDate is required when EndDate is entered.";
  const from = parseInstant(start);
  const to = end === undefined ? now : parseInstant(end);
  if (!from || !to) return `Invalid date and time '${from ? end : start}'.`;
  if (compareInstants(from, to) > 0) return "Invalid StartDate value. The StartDate can't be later than the EndDate.";
  if (from.ms < Math.floor(nowMs / DAY_MS) * DAY_MS - 10 * DAY_MS) return "Invalid StartDate value. The StartDate can't be older than 10 days from today.";
  return { from, to };
}

export function matchesReporting(query: ReportingQuery, { row, state }: VisibleRow): boolean {
  const values: Record<string, string> = {
    RecipientAddress: row.recipient, SenderAddress: row.sender, Status: state.status, MessageTraceId: row.id,
  };
  return Object.entries(query.equal).every(([property, wanted]) => values[property]!.toLowerCase() === wanted.toLowerCase());
}
