/** Numbers, lengths and times for people. All times are UTC; the page says so once. */
import { iso } from "../source-form.js";
import { html, type Html } from "./html.js";

const UNITS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
] as const;

/** The two largest units: "3 h 20 min", "45 s". */
export function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const first = UNITS.findIndex(([size]) => total >= size);
  if (first < 0) return "0 s";
  const [size, unit] = UNITS[first]!;
  const next = UNITS[first + 1];
  const rest = next ? Math.floor((total % size) / next[0]) : 0;
  return `${Math.floor(total / size)} ${unit}${next && rest > 0 ? ` ${rest} ${next[1]}` : ""}`;
}

/** "1,234,567" */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "13:05:10" today, "21 Nov 13:05" on other days; the whole instant as title. */
export function instant(ms: number, nowMs: number): Html {
  const whole = iso(ms);
  return html`<time datetime="${whole}" title="${whole}">${shortInstant(ms, nowMs)}</time>`;
}

export function shortInstant(ms: number, nowMs: number): string {
  const whole = iso(ms);
  if (whole.slice(0, 10) === iso(nowMs).slice(0, 10)) return whole.slice(11, 19);
  const year = whole.slice(0, 4) === iso(nowMs).slice(0, 4) ? "" : ` ${whole.slice(0, 4)}`;
  return `${Number(whole.slice(8, 10))} ${MONTHS[Number(whole.slice(5, 7)) - 1] ?? ""}${year} ${whole.slice(11, 16)}`;
}

/** "13:05" */
export function clockTime(ms: number): string {
  return iso(ms).slice(11, 16);
}

/** "in 40 s", "now" */
export function until(ms: number, nowMs: number): string {
  return ms <= nowMs ? "now" : `in ${duration(ms - nowMs)}`;
}

/** "1 row", "1,200 rows" */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}
