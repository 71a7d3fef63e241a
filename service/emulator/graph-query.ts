/**
 * What Graph understands of a query, and what it only seems to (microsoft-apis.md 2.2): `or`, `in`, `ne` and `not` are accepted
 * and ignored, the last value per property wins, everything is joined by and; `lt` and `gt` are refused.
 */
import type { Call } from "./call.js";
import { compareInstants, parseInstant, type Instant } from "./instant.js";
import type { VisibleRow } from "./mailbox.js";

export interface GraphQuery {
  readonly from: Instant;
  readonly to: Instant;
  readonly top: number;
  /** Property -> value. */
  readonly equal: Readonly<Record<string, string>>;
  readonly subject: readonly { readonly how: string; readonly text: string }[];
}

const DAY_MS = 86_400_000;
const EQUAL_PROPERTIES = ["id", "messageId", "status", "recipientAddress", "senderAddress", "fromIP", "toIP"];
const CLAUSE = /^(\w+)\s+(\w+)\s+('(?:[^']|'')*'|[^\s()',]+)$/;
const CALL = /^(contains|startswith|endswith)\s*\(\s*subject\s*,\s*'((?:[^']|'')*)'\s*\)$/i;

/** The query, or the message of the 400. */
export function readGraphQuery(call: Call): GraphQuery | string {
  const topText = call.query.get("$top") ?? "1000";
  const top = Number(topText);
  if (!/^\d+$/.test(topText) || top < 1 || top > 5_000) return "|System.ArgumentException|ResultSize is invalid";
  const equal: Record<string, string> = {};
  const subject: GraphQuery["subject"][number][] = [];
  let from: Instant | undefined;
  let to: Instant | undefined;
  for (const clause of splitClauses(call.query.get("$filter") ?? "")) {
    const search = CALL.exec(clause);
    if (search) {
      subject.push({ how: search[1]!.toLowerCase(), text: unquote(`'${search[2]}'`) });
      continue;
    }
    if (/^not[\s(]|\sin\s*\(/i.test(clause)) continue;
    const match = CLAUSE.exec(clause);
    if (!match) return `Invalid filter clause: syntax error at '${clause.slice(0, 100)}'.`;
    const [, property = "", operator = "", literal = ""] = match;
    if (operator === "ne") continue;
    if (property === "receivedDateTime") {
      const instant = parseInstant(unquote(literal));
      if (!instant) return `Invalid filter clause: '${literal}' is no date and time.`;
      if (operator === "ge") from = instant;
      else if (operator === "le") to = instant;
      else return `|System.ArgumentException|The operator '${operator}' is not supported for receivedDateTime.`;
    } else if (EQUAL_PROPERTIES.includes(property) && operator === "eq") equal[property] = unquote(literal);
    else return `Invalid filter clause: '${property} ${operator}' is not supported.`;
  }
  return withBounds(call.nowMs, { from, to, top, equal, subject });
}

type Unbounded = Omit<GraphQuery, "from" | "to"> & { readonly from: Instant | undefined; readonly to: Instant | undefined };

/** Both bounds or none (then the last 48 h); 10 days at most; 90 days back, by date; the end not later than now. */
function withBounds(nowMs: number, { from, to, ...rest }: Unbounded): GraphQuery | string {
  if (!from && !to) return { from: { ms: nowMs - 2 * DAY_MS, ticks: 0 }, to: { ms: nowMs, ticks: 0 }, ...rest };
  if (!to) return "|System.ArgumentException|EndDate is required when a StartDate is entered.";
  if (!from) return "|System.ArgumentException|StartDate is required when an EndDate is entered.";
  if (compareInstants(from, to) > 0) return "|System.ArgumentException|Invalid StartDate value. The StartDate can't be later than the EndDate.";
  if (to.ms > nowMs) return "|System.ArgumentException|Invalid EndDate value. The EndDate can't be later than the current time.";
  if (to.ms - from.ms > 10 * DAY_MS) return "|System.ArgumentException|The interval between StartDate and EndDate can't be longer than 10 days.";
  if (from.ms < Math.floor(nowMs / DAY_MS) * DAY_MS - 90 * DAY_MS) {
    return "|System.ArgumentException|Invalid StartDate value. The StartDate can't be older than 90 days from today.";
  }
  return { from, to, ...rest };
}

/** Cuts at `and` and `or` outside quotes and brackets; brackets around a clause are taken off. */
function splitClauses(filter: string): readonly string[] {
  const clauses: string[] = [];
  let depth = 0;
  let clause = "";
  for (const [word] of filter.matchAll(/'(?:[^']|'')*'|[()]|\s+|[^\s()']+/g)) {
    if (word === "(") depth++;
    if (word === ")") depth--;
    if (depth === 0 && /^(and|or)$/i.test(word)) {
      clauses.push(clause);
      clause = "";
    } else clause += word;
  }
  clauses.push(clause);
  const bare = clauses.map((text) => text.trim()).filter((text) => text !== "");
  return bare.flatMap((text) => (/^\(.*\)$/s.test(text) ? splitClauses(text.slice(1, -1)) : [text]));
}

function unquote(literal: string): string {
  return literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : literal;
}

/** Whether the row is one that the filter beside the time lets through. */
export function matchesGraph(query: GraphQuery, { row, state }: VisibleRow): boolean {
  const values: Record<string, string> = {
    id: row.id, messageId: row.messageId ?? "", status: state.status, recipientAddress: row.recipient, senderAddress: row.sender,
    fromIP: row.fromIP ?? "", toIP: state.toIP ?? "",
  };
  for (const [property, wanted] of Object.entries(query.equal)) {
    const value = values[property]!.toLowerCase();
    const domain = property === "senderAddress" && wanted.startsWith("*@") ? wanted.slice(1).toLowerCase() : undefined;
    if (domain === undefined ? value !== wanted.toLowerCase() : !value.endsWith(domain)) return false;
  }
  const subject = (row.subject ?? "").toLowerCase();
  return query.subject.every(({ how, text }) => {
    const wanted = text.toLowerCase();
    return how === "contains" ? subject.includes(wanted) : how === "startswith" ? subject.startsWith(wanted) : subject.endsWith(wanted);
  });
}
