/** What befalls the collector beside faults: deaths, absences, wrong clocks, and an operator's hand. */
import type { Dice } from "./dice.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export type Act = { readonly atMs: number } & (
  | { readonly kind: "die"; readonly afterCalls: number; readonly afterEffect: boolean; readonly downMs: number }
  /** The process stands still, another takes over, and later it goes on for a while as if nothing had happened. */
  | { readonly kind: "freeze"; readonly downMs: number; readonly forMs: number; readonly overlapMs: number }
  | { readonly kind: "restart"; readonly downMs: number }
  | { readonly kind: "clock"; readonly byMs: number }
  | OperatorAct
);
export type OperatorAct = { readonly atMs: number; readonly source: number } & (
  | { readonly kind: "pause"; readonly forMs: number }
  | { readonly kind: "replace"; readonly change: Readonly<Record<string, unknown>> }
  | { readonly kind: "delete"; readonly backAfterMs: number }
  | { readonly kind: "backfill"; readonly fromMs: number; readonly toMs: number; readonly again: boolean; readonly cancel: boolean }
  | { readonly kind: "rewind"; readonly backMs: number }
  | { readonly kind: "give-up"; readonly fromMs: number; readonly toMs: number }
);

export interface ActBounds {
  readonly startMs: number;
  /** How long the collector is awake and troubled, ms. */
  readonly busyMs: number;
  readonly sources: number;
  /** One absence, with nothing else happening in it. */
  readonly away: Away | undefined;
  /** The budget is what matters: it must outlive deaths, and one process at a time has it. */
  readonly storm: boolean;
}
export interface Away {
  readonly atMs: number;
  readonly forMs: number;
}

/** What was drawn for a time without the absence, put behind it. */
export function behind(atMs: number, away: Away | undefined): number {
  return away && atMs >= away.atMs ? atMs + away.forMs : atMs;
}

/** In the order of time. After a long absence a definition may not begin where it once did: then nothing is deleted. */
export function drawActs(die: Dice, { startMs, busyMs, sources, away, storm }: ActBounds): Act[] {
  const number = away ? die.between(0, 2) : die.weighted([[2, 0], [3, 2], [3, 4], [2, 7]]);
  const drawn = Array.from({ length: number }, () => drawAct(die, startMs + die.between(0, busyMs * 0.95), busyMs, sources));
  // While sources are made and log in for the first time.
  if (die.chance(0.15)) drawn.push(drawDeath(die, startMs, 5 * MINUTE_MS));
  const quick = () => ({ ...drawDeath(die, startMs + die.between(3 * MINUTE_MS, busyMs * 0.9), 30_000), downMs: die.between(1000, 20_000) });
  if (storm) return [...drawn.filter(({ kind }) => kind !== "freeze"), quick(), quick()].toSorted((a, b) => a.atMs - b.atMs);
  const acts = away ? drawn.filter((act) => act.kind !== "delete").map((act) => ({ ...act, atMs: behind(act.atMs, away) })) : drawn;
  const absence: Act[] = away ? [{ kind: "restart", atMs: away.atMs, downMs: away.forMs }] : [];
  return [...acts, ...absence].toSorted((a, b) => a.atMs - b.atMs);
}

function drawAct(die: Dice, atMs: number, busyMs: number, sources: number): Act {
  const source = die.between(0, sources - 1);
  const draw = die.weighted<() => Act>([
    [6, () => drawDeath(die, atMs, busyMs / 6)],
    [1, () => ({ kind: "freeze", atMs, downMs: die.between(1000, 5 * MINUTE_MS), forMs: die.between(6 * MINUTE_MS, busyMs / 3 + 10 * MINUTE_MS), overlapMs: die.between(MINUTE_MS, 10 * MINUTE_MS) })],
    [2, () => ({ kind: "restart", atMs, downMs: die.between(1000, busyMs / 4) })],
    [2, () => ({ kind: "clock", atMs, byMs: die.pick([-10, -1, 0, 1, 10]) * MINUTE_MS + die.between(-5000, 5000) })],
    [1.5, () => ({ kind: "pause", atMs, source, forMs: die.between(MINUTE_MS, busyMs / 4) })],
    [1.5, () => ({ kind: "replace", atMs, source, change: { polling_interval: die.pick([60, 300, 600]), annotate: die.chance(0.5), catch_up: die.pick(["oldest", "newest"]) } })],
    [1, () => ({ kind: "delete", atMs, source, backAfterMs: die.between(MINUTE_MS, busyMs / 6) })],
    [1, () => ({ kind: "backfill", atMs, source, ...stretch(die, 3 * HOUR_MS), again: die.chance(0.5), cancel: die.chance(0.2) })],
    [0.7, () => ({ kind: "rewind", atMs, source, backMs: die.between(MINUTE_MS, 2 * HOUR_MS) })],
    [0.5, () => ({ kind: "give-up", atMs, source, ...stretch(die, HOUR_MS) })],
  ]);
  return draw();
}

function drawDeath(die: Dice, atMs: number, downMsMax: number): Extract<Act, { kind: "die" }> {
  return { kind: "die", atMs, afterCalls: die.between(1, 60), afterEffect: die.chance(0.5), downMs: die.between(1000, downMsMax) };
}

/** So long before the act, ms: from further back than to. */
function stretch(die: Dice, backMsMax: number): { fromMs: number; toMs: number } {
  const fromMs = die.between(MINUTE_MS, backMsMax);
  return { fromMs, toMs: die.between(0, fromMs - 1000) };
}
