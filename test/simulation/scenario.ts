/** What a seed stands for: tenants, sources, mail, faults, deaths and an operator's hand, all drawn from it. */
import type { ScheduledFault } from "../../service/emulator/fault-catalogue.js";
import type { FlowOptions } from "../../service/emulator/flow-options.js";
import { drawActs, type Act, type Away } from "./acts.js";
import { dice, type Dice } from "./dice.js";
import { drawFaults, drawParting, longestWaitMs } from "./drawn-faults.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const START_MS = Date.UTC(2026, 9, 5, 8, 0, 0);

/** Destinations by name; each has a receiver of its own, with its own faults. */
export const DESTINATIONS = ["default", "second"] as const;
export type Destination = (typeof DESTINATIONS)[number];

export interface ScenarioSource {
  readonly name: string;
  readonly api: "graph" | "reporting";
  /** Collects with an authorization code and refresh tokens, not with the application permission. */
  readonly byCode: boolean;
  readonly statusChanges: "every" | "final" | "off";
  readonly destinations: readonly Destination[];
  readonly offsetMs: number;
  /** Beside those above: as the definition has it. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Scenario {
  readonly seed: number;
  /** Settle horizon of every source, ms; 0 = no settling. */
  readonly horizonMs: number;
  /** Faults and acts end here; then everything must come right. */
  readonly calmMs: number;
  /** By then at the latest everything must have come right. */
  readonly endMs: number;
  readonly flow: FlowOptions;
  readonly sources: readonly ScenarioSource[];
  readonly faults: readonly ScheduledFault[];
  /** Those of the second receiver. */
  readonly secondFaults: readonly ScheduledFault[];
  readonly acts: readonly Act[];
  /** Rows per page: small, so that pages matter. */
  readonly pageRows: number;
  /** Chance that a commit fails, before or after it took effect; and of any other call of the store. */
  readonly commitFaultShare: number;
  readonly storeFaultShare: number;
  /** A request and its answer take up to so long each. */
  readonly latencyMsMax: number;
  readonly tokenLifetimeMs: number;
  /** Share of the tenant's quota that is left to its administrators. */
  readonly reserve: number;
  /** Rows put in beside the flow, at the edges of windows and while pages are read. */
  readonly injections: number;
}

/** The scenario of a seed: the same for ever, on every machine. */
export function drawScenario(seed: number): Scenario {
  const die = dice(seed, "scenario");
  const horizonMs = die.weighted([[8, 0], [30, 20 * MINUTE_MS], [38, 40 * MINUTE_MS], [18, 75 * MINUTE_MS], [5, 3 * HOUR_MS], [0.3, DAY_MS]]);
  // Many small pages of several sources: the budget's hour.
  const storm = die.chance(0.08);
  const busyMs = die.between(35 * MINUTE_MS, 55 * MINUTE_MS + Math.min(horizonMs, 2 * HOUR_MS));
  // Away for longer than the reporting service remembers, or less.
  const forMs = die.chance(0.5) ? die.between(2 * HOUR_MS, 9 * DAY_MS) : die.between(10 * DAY_MS, 13 * DAY_MS);
  const away = !storm && die.chance(0.12) ? { atMs: START_MS + die.between(MINUTE_MS, busyMs * 0.9), forMs } : undefined;
  const calmMs = START_MS + busyMs + (away?.forMs ?? 0);
  const sources = drawSources(die, horizonMs, storm);
  const { faults, secondFaults } = drawFaults(die, { startMs: START_MS, busyMs, away, byCode: sources.some(({ byCode }) => byCode) });
  const offsetMs = Math.max(...sources.map((source) => source.offsetMs));
  const acts = drawActs(die, { startMs: START_MS, busyMs, sources: sources.length, away, storm });
  const parting = away ? undefined : drawParting(dice(seed, "parting"), { startMs: START_MS, busyMs });
  return {
    seed, horizonMs, calmMs, sources, faults,
    secondFaults: parting ? [...secondFaults, parting.fault] : secondFaults,
    flow: drawFlow(die, { horizonMs, busyMs, away, storm }),
    acts: parting ? [...acts, ...parting.acts].toSorted((a, b) => a.atMs - b.atMs) : acts,
    // Time to read everything at every age once more, and to wait out the longest wait that somebody asked for.
    endMs: calmMs + horizonMs + offsetMs + 75 * MINUTE_MS + longestWaitMs([...faults, ...secondFaults]),
    pageRows: horizonMs === DAY_MS ? 100 : storm ? die.between(1, 2) : die.weighted([[1, 3], [2, 6], [2, 15], [2, 100], [1, 5000]]),
    commitFaultShare: die.weighted([[5, 0], [2, 0.03], [1, 0.15]]),
    storeFaultShare: die.weighted([[6, 0], [1, 0.01], [1, 0.05]]),
    latencyMsMax: storm ? die.pick([0, 200]) : die.pick([0, 500, 4000]),
    tokenLifetimeMs: die.pick([15, 60]) * MINUTE_MS,
    reserve: die.weighted([[3, 0.2], [1, 0.5]]),
    injections: die.weighted([[1, 0], [2, 6], [1, 18]]),
  };
}

interface FlowBounds {
  readonly horizonMs: number;
  readonly busyMs: number;
  readonly away: Away | undefined;
  readonly storm: boolean;
}

function drawFlow(die: Dice, { horizonMs, busyMs, away, storm }: FlowBounds): FlowOptions {
  const fromMs = START_MS - 10 * MINUTE_MS;
  const toMs = START_MS + busyMs;
  const rows = storm ? die.between(30, 60) : die.between(10, 40);
  const rowsPerSecond = rows / ((toMs - fromMs) / 1000);
  // While the collector is away mail flows on, thinly.
  const segments = away
    ? [{ fromMs, toMs: away.atMs }, { fromMs: away.atMs, toMs: away.atMs + away.forMs, rowsPerSecond: rows / (away.forMs / 1000) }, { fromMs: away.atMs + away.forMs, toMs: toMs + away.forMs }]
    : [{ fromMs, toMs }];
  // Now and then beyond the horizon: what shows or changes then need not arrive, but must not do harm.
  const beyond = die.chance(0.15) ? 1.5 : 0.97;
  const latestMs = Math.max(2500, (horizonMs || 40 * MINUTE_MS) * beyond);
  return {
    segments,
    rowsPerSecond,
    shareLate: die.pick([0, 0.15, 0.4]),
    lateMsMax: latestMs,
    shareChanging: die.pick([0, 0.25, 0.6]),
    changeMsMax: latestMs,
    shareRecalled: die.pick([0.002, 0.1]),
    recipientsMax: die.between(1, 6),
    shareSameMs: die.pick([0.1, 0.6]),
  };
}

function drawSources(die: Dice, horizonMs: number, storm: boolean): ScenarioSource[] {
  const number = storm ? die.between(2, 3) : die.weighted([[5, 1], [3, 2], [1, 3]]);
  return Array.from({ length: number }, (_, at) => {
    const api = storm || die.chance(0.6) ? "graph" : "reporting";
    return {
      name: `source-${at}`,
      api,
      byCode: die.chance(api === "reporting" ? 0.7 : 0.15),
      statusChanges: die.weighted([[5, "every"], [2, "final"], [1, "off"]]),
      destinations: die.weighted<readonly Destination[]>([[4, ["default"]], [4, ["default", "second"]], [1, ["second"]]]),
      offsetMs: 1000 * die.weighted([[5, 0], [1, 120], [1, 900]]),
      config: {
        settle_horizon: horizonMs / 1000,
        polling_interval: storm ? die.pick([60, 300]) : die.weighted([[1, 60], [5, 300], [2, 900]]),
        annotate: die.chance(0.4),
        catch_up: die.pick(["oldest", "newest"]),
      },
    };
  });
}
