/**
 * Coverage: what a source has read, when, and what it has not. The cursor's promise rests on this file.
 *
 * The timeline of received time is cut into disjoint spans, ascending. Where there is no span, nothing was read yet.
 * A `read` span may be read again (settling); a `settled` one never is, because it was read at an age beyond the horizon.
 */
import { lengthMs, overlap, type Window } from "./model.js";

export type Span =
  /** Read as a whole at least once; `readMs` is when the last reading began; `rows` is how many rows it showed. */
  | (Window & { readonly kind: "read"; readonly readMs: number; readonly rows: number })
  | (Window & { readonly kind: "settled"; readonly rows: number })
  /** Lost: older than the API's history, or given up by a person. */
  | (Window & { readonly kind: "gap"; readonly reason: GapReason; readonly atMs: number })
  /** Could not be read however small the pieces; tried again at `retryMs`. */
  | (Window & { readonly kind: "stuck"; readonly retryMs: number; readonly tries: number; readonly fault: string });

export type GapReason = "history" | "given-up";

export interface Backfill extends Window {
  readonly id: string;
  readonly createdMs: number;
  /** Everything is read and delivered again, not only what coverage lacks. */
  readonly again: boolean;
  /** With `again`: what was unread or stuck when it was asked for. It goes on holding the cursor back. */
  readonly open?: readonly Window[];
}

export interface Coverage {
  /** Live collection starts here; the cursor never lies before it. */
  readonly originMs: number;
  readonly spans: readonly Span[];
  /** When the last live poll began, ms; 0 before the first. */
  readonly polledMs: number;
  /** When the last settling read began, ms; 0 before the first. */
  readonly settleReadMs: number;
  readonly backfills: readonly Backfill[];
}

/** Coverage of a source that has read nothing. */
export function emptyCoverage(originMs: number): Coverage {
  return { originMs, spans: [], polledMs: 0, settleReadMs: 0, backfills: [] };
}

/** `span` narrowed to a window inside it; rows are shared out by length. */
function cut<S extends Span>(span: S, window: Window): S {
  const whole = lengthMs(span);
  const bounds = { startMs: window.startMs, endMs: window.endMs };
  if (span.kind !== "read" && span.kind !== "settled") return { ...span, ...bounds };
  return { ...span, ...bounds, rows: Math.round(span.rows * (lengthMs(window) / whole)) };
}

/** The parts of the timeline outside `window`, unchanged. */
function outside(spans: readonly Span[], window: Window): Span[] {
  return spans.flatMap((span) => {
    if (!overlap(span, window)) return [span];
    const parts: Span[] = [];
    if (span.startMs < window.startMs) parts.push(cut(span, { startMs: span.startMs, endMs: window.startMs }));
    if (span.endMs > window.endMs) parts.push(cut(span, { startMs: window.endMs, endMs: span.endMs }));
    return parts;
  });
}

function replace(coverage: Coverage, window: Window, by: readonly Span[]): Coverage {
  const spans: Span[] = [...outside(coverage.spans, window), ...by];
  return { ...coverage, spans: spans.toSorted((a, b) => a.startMs - b.startMs) };
}

/** A window was read as a whole and everything fresh in it was delivered; reading began at `readMs`. */
export function cover(coverage: Coverage, window: Window, readMs: number, rows: number): Coverage {
  return replace(coverage, window, [{ kind: "read", ...bounds(window), readMs, rows }]);
}

/**
 * Records a loss. What was given up is only what is unread or stuck. What the API has forgotten ("history") is also what was
 * read and not settled: rows that came late and changes of status will never be known.
 */
export function markGap(coverage: Coverage, window: Window, reason: GapReason, atMs: number): Coverage {
  const lost = reason === "history" ? holes(coverage.spans.filter(({ kind }) => kind === "settled" || kind === "gap"), window) : missing(coverage, window);
  return lost.reduce((whole, part) => replace(whole, part, [{ kind: "gap", ...part, reason, atMs }]), coverage);
}

/** Sets a stretch aside that cannot be read, until `retryMs`. */
export function markStuck(coverage: Coverage, window: Window, retryMs: number, fault: string): Coverage {
  const before = spansIn(coverage, window).find((span) => span.kind === "stuck");
  const tries = before?.kind === "stuck" ? before.tries + 1 : 1;
  return replace(coverage, window, [{ kind: "stuck", ...bounds(window), retryMs, tries, fault }]);
}

/** Forgets that a window was ever read: it will be read again (rewind, backfill again). */
export function erase(coverage: Coverage, window: Window): Coverage {
  return { ...coverage, spans: outside(coverage.spans, window) };
}

/** The spans that touch a window, cut to it. */
export function spansIn(coverage: Coverage, window: Window): Span[] {
  return coverage.spans.flatMap((span) => {
    const part = overlap(span, window);
    return part ? [cut(span, part)] : [];
  });
}

/** The stretches of a window that no span covers, ascending. */
export function unread(coverage: Coverage, window: Window): Window[] {
  return holes(coverage.spans, window);
}

/** The stretches of a window that were not read: unread or stuck. What is left of a backfill. */
export function missing(coverage: Coverage, window: Window): Window[] {
  return holes(coverage.spans.filter((span) => span.kind !== "stuck"), window);
}

/** The stretches of a window outside `spans`, which are ascending. */
function holes(spans: readonly Window[], window: Window): Window[] {
  const found: Window[] = [];
  let from = window.startMs;
  for (const span of spans) {
    if (span.endMs <= from) continue;
    if (span.startMs >= window.endMs) break;
    if (span.startMs > from) found.push({ startMs: from, endMs: span.startMs });
    from = Math.max(from, span.endMs);
  }
  if (from < window.endMs) found.push({ startMs: from, endMs: window.endMs });
  return found;
}

/**
 * The cursor, ms: every row received before it, back to the origin, was read at least once and delivered, but for recorded gaps.
 * Stretches that a running backfill reads again do not hold it back.
 */
export function cursorMs(coverage: Coverage): number {
  const covered: Window[] = [...coverage.spans.filter((span) => span.kind !== "stuck"), ...rereadOnPurpose(coverage)];
  const endMs = frontierMs(coverage);
  return without([{ startMs: coverage.originMs, endMs }], covered)[0]?.startMs ?? endMs;
}

/** What running backfills read again although it was read before, ascending. */
export function rereadOnPurpose(coverage: Coverage): Window[] {
  const again = coverage.backfills.filter((backfill) => backfill.again);
  return again.flatMap((backfill) => holes(backfill.open ?? [], backfill)).toSorted((a, b) => a.startMs - b.startMs);
}

/** The stretches of some windows outside others. */
export function without(windows: readonly Window[], others: readonly Window[]): Window[] {
  const ascending = others.toSorted((a, b) => a.startMs - b.startMs);
  return windows.flatMap((window) => holes(ascending, window));
}

/** The newest instant up to which something was read, ms. */
export function frontierMs(coverage: Coverage): number {
  const last = coverage.spans.at(-1);
  return Math.max(coverage.originMs, last?.endMs ?? 0);
}

/** Everything from the origin to here is settled or a recorded gap, ms. */
export function settledMs(coverage: Coverage): number {
  let at = coverage.originMs;
  for (const span of coverage.spans) {
    if (span.endMs <= at) continue;
    if (span.startMs > at || span.kind === "read" || span.kind === "stuck") break;
    at = span.endMs;
  }
  return at;
}

/**
 * Turns what was read beyond the horizon into settled spans, joins neighbours, and takes back what cannot be true
 * (a span that ends after now: the clock was put back). Backfills with nothing left to read are over.
 */
export function tidy(coverage: Coverage, horizonMs: number, nowMs: number): Coverage {
  const possible = outside(coverage.spans, { startMs: Math.ceil(nowMs / 1000) * 1000, endMs: Number.MAX_SAFE_INTEGER });
  const aged = possible.flatMap((found): Span[] => {
    if (found.kind !== "read") return [found];
    const span = { ...found, readMs: Math.min(found.readMs, nowMs) };
    const until = Math.min(span.endMs, span.readMs - horizonMs);
    if (until <= span.startMs) return [span];
    const old = cut(span, { startMs: span.startMs, endMs: until });
    const settled: Span = { kind: "settled", startMs: span.startMs, endMs: until, rows: old.rows };
    return until >= span.endMs ? [settled] : [settled, cut(span, { startMs: until, endMs: span.endMs })];
  });
  const tidied = { ...coverage, spans: join(aged) };
  return { ...tidied, backfills: coverage.backfills.filter((backfill) => missing(tidied, backfill).length > 0) };
}

function join(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const one = last && last.endMs === span.startMs ? joinTwo(last, span) : undefined;
    if (one) joined[joined.length - 1] = one;
    else joined.push(span);
  }
  return joined;
}

function joinTwo(a: Span, b: Span): Span | undefined {
  if (a.kind === "settled" && b.kind === "settled") return { ...a, endMs: b.endMs, rows: a.rows + b.rows };
  if (a.kind === "gap" && b.kind === "gap" && a.reason === b.reason) return { ...a, endMs: b.endMs, atMs: Math.max(a.atMs, b.atMs) };
  // Pieces of one reading. Readings at different times stay apart: joined, the later one would be forgotten and done again.
  if (a.kind === "read" && b.kind === "read" && a.readMs === b.readMs) return { ...a, endMs: b.endMs, rows: a.rows + b.rows };
  return undefined;
}

/** Rows per ms, from the newest `overMs` that were read; undefined when nothing was read yet. */
export function rowsPerMs(coverage: Coverage, overMs: number): number | undefined {
  let rows = 0;
  let ms = 0;
  for (let at = coverage.spans.length - 1; at >= 0 && ms < overMs; at--) {
    const span = coverage.spans[at]!;
    if (span.kind !== "read" && span.kind !== "settled") continue;
    rows += span.rows;
    ms += lengthMs(span);
  }
  return ms > 0 ? rows / ms : undefined;
}

function bounds(window: Window): Window {
  return { startMs: window.startMs, endMs: window.endMs };
}
