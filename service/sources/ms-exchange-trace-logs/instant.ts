const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const PREFIX = "/Date(";

/**
 * The instant that a wire value names, ms since the epoch rounded down; NaN when it names none.
 *
 * Reads ISO 8601 with or without zone (none means UTC: the reporting service leaves the Z out) and with any number of
 * fraction digits (it gives up to 7), and OData's verbose `/Date(ms)/` and `/Date(ms+0000)/`. Instants before 1970 are
 * .NET's "not set" and give NaN.
 */
export function parseInstantMs(value: unknown): number {
  if (typeof value !== "string" || value.length > 64) return Number.NaN;
  const ms = value.startsWith(PREFIX) ? parseVerboseMs(value) : parseIsoMs(value);
  return ms >= 0 ? ms : Number.NaN;
}

/** `/Date(ms)/` as ISO text; any other value as it is. */
export function plainDate(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(PREFIX) || value.length > 64) return value;
  const date = new Date(parseVerboseMs(value));
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
}

/** An instant in whole seconds with Z, as both APIs take it in filters. */
export function wholeSecond(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** The number counts from the epoch in UTC; an offset after it only tells where it was written (OData v2, section 4). */
function parseVerboseMs(text: string): number {
  const found = /^\/Date\((-?\d{1,17})(?:[+-]\d{1,4})?\)\/$/.exec(text);
  return found ? Number(found[1]) : Number.NaN;
}

/** By position, not by Date.parse: that reads a time without zone as local time. */
function parseIsoMs(text: string): number {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const separated = text[4] === "-" && text[7] === "-" && (text[10] === "T" || text[10] === "t" || text[10] === " ")
    && text[13] === ":" && text[16] === ":";
  const inRange = month >= 1 && month <= 12 && day >= 1 && day <= DAYS_OF_MONTH[month - 1]!
    && hour <= 23 && minute <= 59 && second <= 60;
  if (!separated || !inRange || Number.isNaN(year)) return Number.NaN;
  const [fractionMs, end] = fraction(text, 19);
  return Date.UTC(year, month - 1, day, hour, minute, second) + fractionMs - zoneMs(text, end);
}

/** Milliseconds of the fraction that starts at `from`, and where it ends; NaN for a dot without digits. */
function fraction(text: string, from: number): [number, number] {
  if (text[from] !== ".") return [0, from];
  let end = from + 1;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  if (end === from + 1) return [Number.NaN, end];
  return [Number(text.slice(from + 1, from + 4).slice(0, end - from - 1).padEnd(3, "0")), end];
}

function zoneMs(text: string, from: number): number {
  const zone = text.slice(from);
  if (zone === "" || zone === "Z" || zone === "z") return 0;
  const found = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (!found) return Number.NaN;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * 60_000;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + (code - 48);
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
