/** What must be true at the end, when faults have stopped and everything had its time. */
import assert from "node:assert/strict";
import type { SourceStatus } from "../../service/collect/operations.js";
import { FINAL_STATUSES } from "../../service/core/model.js";
import type { TakenLine } from "../../service/emulator/ledger.js";
import { contentOf } from "../../service/emulator/trace-line.js";
import { rowKey, shownStates, type TraceRow } from "../../service/emulator/trace-row.js";
import type { EventRecord } from "../../service/ports.js";
import { MS_EXCHANGE_TRACE_LOGS } from "../../service/sources/ms-exchange-trace-logs/index.js";
import type { Invariants, Judged } from "./invariants.js";
import { tenantIdOf } from "./invariants.js";
import type { Outside } from "./outside.js";
import type { Destination, Scenario, ScenarioSource } from "./scenario.js";

const MINUTE_MS = 60_000;
/** A clock act may be wrong by so much when a gap is recorded before the first answer has set the clock right. */
const CLOCK_OFF_MS = 11 * MINUTE_MS;

export interface Ending {
  readonly scenario: Scenario;
  readonly outside: Outside;
  readonly invariants: Invariants;
  /** What each source says of itself at the end. */
  readonly statuses: ReadonlyMap<string, SourceStatus>;
  readonly events: readonly EventRecord[];
}

/** How far behind a source that has caught up may be, ms: its longest polling interval and a quarter of an hour. */
const BEHIND_MS = 15 * MINUTE_MS + 1000 * 900;

/** Whether nothing is left to be done: whatever was received before the calm is settled, and every source is well and up to date. */
export function isRight(statuses: ReadonlyMap<string, SourceStatus>, { sources, horizonMs, calmMs }: Scenario): boolean {
  return sources.every(({ name }) => {
    const status = statuses.get(name);
    return status?.health.state === "Collecting" && !status.health.recovering && status.stuckMs === 0 && status.backfills.length === 0
      && status.cursorMs >= calmMs && status.lagMs <= BEHIND_MS && (horizonMs === 0 || status.settledMs >= calmMs);
  });
}

export function judgeEnding(ending: Ending): void {
  const { scenario, outside, invariants } = ending;
  invariants.look();
  assert.equal(outside.emulator.status().codesRedeemedAgain, 0, "an authorization code was redeemed twice");
  judgeBudget(scenario, outside);
  for (const judged of invariants.judged.values()) {
    judgeGaps(judged, ending);
    judgeStatus(judged.source, ending);
    for (const destination of judged.source.destinations) judgeDestination(judged, destination, ending);
  }
}

/**
 * A quota's worth of requests less the reserve in any 300 s, as Microsoft counts them. Requests arrive later than they are
 * granted, by their way: so many more as can be under way at once, one per source, and one per source again for each jump of
 * the clock, which only the next answer tells of. Two processes at once (freeze) have a record each until replicas share one: for
 * them only Microsoft's own limit is certain, and it is Microsoft's to keep.
 */
function judgeBudget({ reserve, sources, acts }: Scenario, outside: Outside): void {
  if (acts.some(({ kind }) => kind === "freeze")) return;
  const allowed = Math.floor(100 * (1 - reserve)) + sources.length * (1 + acts.filter(({ kind }) => kind === "clock").length);
  for (const { quota } of outside.emulator.status().tenants) {
    assert.ok(quota.peak <= allowed, `the budget of ${allowed} requests per 300 s was exceeded: ${quota.peak}`);
  }
}

/** Lost is only what is older than the API's history or was given up, and somebody was told. */
function judgeGaps({ source, coverage }: Judged, { scenario, events }: Ending): void {
  const { historyMs } = MS_EXCHANGE_TRACE_LOGS.limits[source.api];
  const certain = scenario.storeFaultShare === 0 && scenario.acts.every(({ kind }) => kind !== "die" && kind !== "freeze" && kind !== "delete");
  for (const span of coverage?.spans ?? []) {
    if (span.kind !== "gap") continue;
    const told = events.some((event) => event.kind === "gap" && (event.detail as { endMs: number }).endMs > span.startMs && (event.detail as { startMs: number }).startMs < span.endMs);
    // A death or a failing store between the commit and the event costs the event; the gap is in the coverage all the same.
    if (certain) assert.ok(told, `${source.name}: a gap was recorded in silence`);
    if (span.reason === "history") assert.ok(span.endMs <= span.atMs - historyMs + CLOCK_OFF_MS, `${source.name}: a gap was recorded that Microsoft still answered for`);
    else assert.ok(scenario.acts.some(({ kind }) => kind === "give-up"), `${source.name}: nobody gave up what is said to be given up`);
  }
}

/** It has caught up: no trouble, no backlog, and settled as far as time allows. */
function judgeStatus(source: ScenarioSource, { scenario, outside, statuses, invariants }: Ending): void {
  const status = statuses.get(source.name);
  assert.ok(status, `${source.name} is gone`);
  const explain = `${source.name}: ${JSON.stringify(status)}`;
  assert.equal(status.health.state, "Collecting", `not collecting; ${explain}`);
  assert.ok(status.lagMs <= BEHIND_MS, `the cursor lags behind by ${status.lagMs} ms; ${explain}`);
  assert.equal(status.stuckMs, 0, `a stretch is still stuck; ${explain}`);
  assert.equal(status.backfills.length, 0, `a backfill is not over; ${explain}`);
  // At the latest when the simulation gives up waiting.
  const dueMs = Math.min(scenario.calmMs, outside.nowMs() - invariants.horizonMs(source) - BEHIND_MS);
  assert.ok(scenario.horizonMs === 0 || status.settledMs >= dueMs, `settled only to ${new Date(status.settledMs).toISOString()}, not ${new Date(dueMs).toISOString()}; ${explain}`);
}

/** Everything that the API showed within the horizon has arrived, in its last state, and no more often than explained. */
function judgeDestination(judged: Judged, destination: Destination, { scenario, outside, invariants }: Ending): void {
  const { source, takings, coverage } = judged;
  const { lines, excused, crossed } = takings[destination];
  const isLost = (ms: number) => coverage?.spans.some((span) => span.kind === "gap" && span.startMs <= ms && ms < span.endMs) ?? false;
  const produced = [...invariants.produced(source)];
  const lostKeys = new Set(produced.filter((row) => isLost(row.received.ms)).map(rowKey));
  const horizonMs = invariants.horizonMs(source);
  const result = outside.emulator.compare({
    tenantId: tenantIdOf(source),
    produced: produced.filter((row) => !lostKeys.has(rowKey(row))),
    // No fence reaches into a receiver: of two processes the one that read first may send last. Then only what came counts, not when.
    deliveredLines: [...lines.filter((line) => !crossed.has(line.key)), ...uncrossed(produced, lines.filter((line) => crossed.has(line.key)))].filter((line) => !lostKeys.has(line.key)),
    // Without settling a row is read once, and what shows later is not looked for.
    horizonMs: (scenario.horizonMs === 0 ? source.offsetMs : horizonMs) - invariants.clockSlackMs,
    final: source.statusChanges === "every",
  });
  const explain = `${source.name} at "${destination}" (${source.statusChanges}): ${JSON.stringify(result)}`;
  assert.equal(result.lost, 0, `rows are lost; ${explain}`);
  assert.equal(result.finalWrong, 0, `the last line of a row is not its last state; ${explain}`);
  assert.equal(result.unexpected, 0, `lines that the API never said; ${explain}`);
  const lostAnswers = new Set(outside.receivers[destination].ledger.requests().filter(({ outcome }) => outcome === "lost").map(({ serial }) => serial));
  judgeRepeats(source, lines, (line) => lostAnswers.has(line.request) || excused.has(line), explain);
  // Without settling nothing is read again, so nothing can be held.
  if (source.statusChanges === "final" && scenario.horizonMs > 0) judgeHeld(produced, lines, horizonMs);
}

/** Lines in the order in which the API showed what they say. */
function uncrossed(produced: readonly TraceRow[], lines: readonly TakenLine[]): TakenLine[] {
  const rows = new Map(produced.map((row) => [rowKey(row), row]));
  const place = (line: TakenLine): number => {
    const row = rows.get(line.key);
    return row ? shownStates(row, Number.POSITIVE_INFINITY).findIndex(({ state }) => contentOf(row, state, line.api) === line.content) : -1;
  };
  return lines.toSorted((a, b) => place(a) - place(b));
}

function judgeRepeats(source: ScenarioSource, lines: readonly TakenLine[], isExplained: (line: TakenLine) => boolean, explain: string): void {
  const before = new Map<string, TakenLine>();
  for (const line of lines) {
    const earlier = before.get(line.key);
    const same = earlier && (earlier.content === line.content || source.statusChanges !== "every");
    if (same) assert.ok(isExplained(earlier), `a repeat without a lost answer or a crash to explain it: ${line.key}; ${explain}`);
    const note = (JSON.parse(line.text!) as { collector?: { kind: string } }).collector;
    if (note?.kind === "changed") assert.ok(earlier, `a row is said to have changed that was never delivered before: ${line.key}; ${explain}`);
    before.set(line.key, line);
  }
}

/** A held row comes with its final status, unless it had none within the horizon. */
function judgeHeld(produced: readonly TraceRow[], lines: readonly TakenLine[], horizonMs: number): void {
  const rows = new Map(produced.map((row) => [rowKey(row), row]));
  for (const line of lines) {
    const row = rows.get(line.key);
    if (!row || FINAL_STATUSES.has(line.status)) continue;
    const finalMs = shownStates(row, line.atMs).find(({ state }) => FINAL_STATUSES.has(state.status.toLowerCase()))?.fromMs;
    assert.ok(line.atMs - row.received.ms >= horizonMs - 2 * MINUTE_MS && (finalMs === undefined || finalMs > row.received.ms + horizonMs - 2 * MINUTE_MS || line.atMs < finalMs + 2 * MINUTE_MS), `a held row was let go with status ${line.status} before its time: ${line.key}`);
  }
}
