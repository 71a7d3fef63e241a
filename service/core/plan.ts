/**
 * What to read next: a pure function of coverage, rules, hints and now. Requests are the scarce good.
 *
 * Order: what is lost for ever is recorded; then new rows at each polling interval; between polls, in turn, rows never read
 * further back (catch-up) and stretches whose age has reached the next level (settling, oldest debt first); then backfills.
 */
import { erase, frontierMs, missing, rereadOnPurpose, rowsPerMs, unread, without, type Coverage } from "./coverage.js";
import { overlap, type Purpose, type Window } from "./model.js";
import { debts, nextToSettle, PAGES_PER_WINDOW, settlePauseMs, type SettlingRules } from "./settling.js";
import { newestPiece, oldestPiece, type Suspect } from "./suspects.js";

export interface Rules extends SettlingRules {
  readonly historyMs: number;
  readonly catchUp: "oldest" | "newest";
}

/** What the worker remembers between turns and may lose. */
export interface Hints {
  /** Where paging failed: read in small pieces. */
  readonly suspects: readonly Suspect[];
  /** What the last turn beside live collection was, so that catch-up and settling take turns. */
  readonly lastBeside?: Purpose;
}

export type Step =
  | { readonly kind: "wait"; readonly untilMs: number }
  | { readonly kind: "read"; readonly window: Window; readonly why: Purpose }
  | { readonly kind: "gap"; readonly lost: Window };

const SECOND_MS = 1000;
/** A first reading further back than this is catch-up beside live collection, not live. */
const LIVE_MS_MIN = 600_000;
/** Window length while the density of the tenant is unknown, and the stretch that it is measured over. */
const HOUR_MS = 3_600_000;
const WAIT_MS_MAX = 60_000;
const WAIT_MS_MIN = 200;

/** The next step of one source. */
export function plan(coverage: Coverage, rules: Rules, hints: Hints, nowMs: number): Step {
  // The clock was put back: what was read of the future is not believed, or nothing would be read until the clock is there
  // again. The last second is not either, so that there is something to read, and with it the truth is committed.
  const impossible = (coverage.spans.at(-1)?.endMs ?? 0) > wholeSecond(nowMs + SECOND_MS - 1);
  const doubted = { startMs: wholeSecond(nowMs - rules.offsetMs) - SECOND_MS, endMs: Number.MAX_SAFE_INTEGER };
  return next(impossible ? erase(coverage, doubted) : coverage, rules, hints, nowMs);
}

function next(coverage: Coverage, rules: Rules, hints: Hints, nowMs: number): Step {
  const headMs = wholeSecond(nowMs - rules.offsetMs);
  const open = unread(coverage, { startMs: coverage.originMs, endMs: Math.max(headMs, coverage.originMs) });
  const forgotten = { startMs: Number.NEGATIVE_INFINITY, endMs: wholeSecond(nowMs - rules.historyMs) };
  // Stuck, or read but not settled: late rows and changes will never be known. That is a loss as well.
  const unfinished = coverage.spans.filter(({ kind }) => kind === "stuck" || kind === "read");
  const [lost] = overlapAll([...open.slice(0, 1), ...unfinished, ...coverage.backfills.flatMap((backfill) => missing(coverage, backfill))], forgotten);
  if (lost) return { kind: "gap", lost };

  const liveMs = Math.max(LIVE_MS_MIN, 2 * rules.intervalMs);
  const newest = open.at(-1);
  const live = newest && newest.endMs === headMs ? { startMs: Math.max(newest.startMs, headMs - liveMs), endMs: headMs } : undefined;
  const pollMs = coverage.polledMs > nowMs ? nowMs : coverage.polledMs + rules.intervalMs;
  if (live && nowMs >= pollMs) return read(newestPiece(newestPart(live, rules.windowMsMax), hints.suspects), "new");

  const behind = live ? overlapAll(open, { startMs: 0, endMs: live.startMs }) : open;
  const candidates: Record<"catch-up" | "settle", Window | undefined> = {
    "catch-up": catchUp(coverage, behind, rules, hints, nowMs),
    settle: settle(coverage, rules, hints, headMs, nowMs),
  };
  const order = hints.lastBeside === "catch-up" ? (["settle", "catch-up"] as const) : (["catch-up", "settle"] as const);
  for (const why of order) if (candidates[why]) return read(candidates[why], why);

  const backfill = nextBackfill(coverage, rules, hints, nowMs);
  if (backfill) return read(backfill, "backfill");
  return { kind: "wait", untilMs: wakeMs(coverage, rules, pollMs, nowMs) };
}

/** When there may be work again. What is due but cannot be read yet must not wake: it would be a busy loop. */
function wakeMs(coverage: Coverage, rules: Rules, pollMs: number, nowMs: number): number {
  const nextSecondMs = frontierMs(coverage) + SECOND_MS + rules.offsetMs;
  const resumeMs = coverage.settleReadMs + settlePauseMs(rules);
  const settleMs = resumeMs > nowMs && debts(coverage, rules, nowMs).length > 0 ? resumeMs : Number.POSITIVE_INFINITY;
  return Math.max(Math.min(Math.max(pollMs, nextSecondMs), settleMs, nowMs + WAIT_MS_MAX), nowMs + WAIT_MS_MIN);
}

/**
 * Settling never reads past the head (rows there belong to the next poll) nor what the API has forgotten. Cut after rounding
 * outward: a window longer than a suspect's cap could never be cut down to a piece that is set aside.
 */
function settle(coverage: Coverage, rules: Rules, hints: Hints, headMs: number, nowMs: number): Window | undefined {
  const stretch = nextToSettle(coverage, rules, hints.suspects, nowMs);
  const window = stretch && overlap(outward(stretch), { startMs: wholeSecond(nowMs - rules.historyMs), endMs: headMs });
  return window && oldestPiece(oldestPart(window, rules.windowMsMax), hints.suspects);
}

function catchUp(coverage: Coverage, behind: readonly Window[], rules: Rules, hints: Hints, nowMs: number): Window | undefined {
  const stuck = coverage.spans.find((span) => span.kind === "stuck" && span.retryMs <= nowMs);
  if (stuck) return { startMs: stuck.startMs, endMs: stuck.endMs };
  const neverRead = without(behind, rereadOnPurpose(coverage));
  const part = rules.catchUp === "oldest" ? neverRead[0] : neverRead.at(-1);
  if (!part) return undefined;
  const chunkMs = chunk(coverage, rules);
  return rules.catchUp === "oldest" ? oldestPiece(oldestPart(part, chunkMs), hints.suspects) : newestPiece(newestPart(part, chunkMs), hints.suspects);
}

function nextBackfill(coverage: Coverage, rules: Rules, hints: Hints, nowMs: number): Window | undefined {
  const readable = { startMs: wholeSecond(nowMs - rules.historyMs) + SECOND_MS, endMs: wholeSecond(nowMs - rules.offsetMs) };
  for (const backfill of coverage.backfills) {
    const within = overlap(backfill, readable);
    const part = within && unread(coverage, within).at(-1);
    if (part) return newestPiece(newestPart(part, chunk(coverage, rules)), hints.suspects);
  }
  return undefined;
}

function chunk(coverage: Coverage, rules: Rules): number {
  const density = rowsPerMs(coverage, HOUR_MS);
  const wanted = density === undefined ? HOUR_MS : (PAGES_PER_WINDOW * rules.pageRows) / Math.max(density, 1e-9);
  return Math.min(wanted, rules.windowMsMax, 24 * HOUR_MS);
}

function read(window: Window, why: Purpose): Step {
  return { kind: "read", window, why };
}
function oldestPart(window: Window, ms: number): Window {
  return { startMs: window.startMs, endMs: Math.min(window.endMs, window.startMs + atLeastOneSecond(ms)) };
}
function newestPart(window: Window, ms: number): Window {
  return { startMs: Math.max(window.startMs, window.endMs - atLeastOneSecond(ms)), endMs: window.endMs };
}
/** Windows lie on whole seconds, the finest bound that the API documents. */
function outward(window: Window): Window {
  return { startMs: wholeSecond(window.startMs), endMs: wholeSecond(window.endMs + SECOND_MS - 1) };
}
function wholeSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}
function atLeastOneSecond(ms: number): number {
  return Math.max(SECOND_MS, wholeSecond(ms));
}
function overlapAll(windows: readonly Window[], within: Window): Window[] {
  return windows.flatMap((window) => overlap(window, within) ?? []);
}
