/** What a seed stands for: tenants, sources, mail, faults, deaths and an operator's hand, all drawn from it. */
import { seededRandom } from "../../service/emulator/seeded-random.js";
import type { ScheduledFault } from "../../service/emulator/fault-catalogue.js";
import type { FlowOptions } from "../../service/emulator/flow-options.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const START_MS = Date.UTC(2026, 9, 5, 8, 0, 0);

export interface ScenarioSource {
  readonly name: string;
  readonly tenant: 0 | 1;
  readonly api: "graph" | "reporting";
  readonly config: Readonly<Record<string, unknown>>;
}
export type Act =
  | { readonly kind: "die"; readonly atMs: number; readonly afterCalls: number; readonly afterEffect: boolean; readonly downMs: number }
  | { readonly kind: "restart"; readonly atMs: number; readonly downMs: number }
  | { readonly kind: "pause"; readonly atMs: number; readonly source: number; readonly forMs: number }
  | { readonly kind: "replace"; readonly atMs: number; readonly source: number }
  | { readonly kind: "delete"; readonly atMs: number; readonly source: number; readonly backAfterMs: number }
  | { readonly kind: "clock"; readonly atMs: number; readonly byMs: number }
  | { readonly kind: "backfill"; readonly atMs: number; readonly source: number; readonly backMs: number };

export interface Scenario {
  readonly seed: number;
  readonly horizonMs: number;
  /** Faults and acts end here; then everything must come right. */
  readonly calmMs: number;
  readonly endMs: number;
  readonly flow: FlowOptions;
  readonly sources: readonly ScenarioSource[];
  readonly faults: readonly ScheduledFault[];
  readonly acts: readonly Act[];
  /** Rows per page: small, so that pages matter. */
  readonly pageRows: number;
  /** Chance that a commit fails, before or after it took effect. */
  readonly commitFaultShare: number;
  readonly latencyMsMax: number;
}

const TRACE_FAULTS = ["html", "throttle", "server-error", "cut", "hang", "truncate", "bad-link", "foreign-link", "looping-link", "repeat-page", "empty-page-with-link", "expired-link", "refuse-token", "no-service-principal", "slow"] as const;
const LOGIN_FAULTS = ["login-unavailable", "login-hang", "bad-secret"] as const;
const RECEIVER_FAULTS = ["receiver-refuse", "receiver-throttle", "receiver-error", "receiver-hang", "receiver-accept-then-cut", "receiver-too-large", "receiver-warning"] as const;

/** The scenario of a seed: the same for ever, on every machine. */
export function drawScenario(seed: number): Scenario {
  const random = seededRandom(seed, "scenario");
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const between = (low: number, high: number) => Math.round(low + random() * (high - low));
  const horizonMs = pick([30 * MINUTE_MS, HOUR_MS, HOUR_MS, 3 * HOUR_MS, 3 * HOUR_MS, 24 * HOUR_MS]);
  const busyMs = between(horizonMs, 2 * horizonMs) + 20 * MINUTE_MS;
  const calmMs = START_MS + busyMs;
  const rows = between(20, 120);
  const flow: FlowOptions = {
    segments: [{ fromMs: START_MS - 10 * MINUTE_MS, toMs: calmMs + 10 * MINUTE_MS }],
    rowsPerSecond: rows / (busyMs / 1000),
    shareLate: pick([0, 0.1, 0.3]),
    lateMsMax: Math.max(2000, horizonMs - between(1, 5) * MINUTE_MS),
    shareChanging: pick([0, 0.2, 0.5]),
    changeMsMax: Math.max(2000, horizonMs - between(1, 5) * MINUTE_MS),
    recipientsMax: between(1, 6),
    shareSameMs: pick([0.1, 0.6]),
  };
  const sources = drawSources(random, horizonMs);
  const faults: ScheduledFault[] = [];
  for (let number = between(0, 8); number > 0; number--) {
    const name = pick([...TRACE_FAULTS, ...LOGIN_FAULTS, ...RECEIVER_FAULTS, ...RECEIVER_FAULTS]);
    const fromMs = START_MS + between(0, busyMs * 0.9);
    const toMs = Math.min(calmMs, fromMs + between(MINUTE_MS, busyMs / 3));
    faults.push({ name, fromMs, toMs, share: pick([0.1, 0.5, 1]), ...(name === "receiver-hang" ? { taken: random() < 0.5 } : {}), ...(name === "throttle" ? { retryAfterSeconds: pick([null, 1, 30, 700]) } : {}) });
  }
  const acts: Act[] = [];
  for (let number = between(0, 6); number > 0; number--) acts.push(drawAct(random, START_MS + between(0, busyMs * 0.95), busyMs, sources.length));
  const long = random() < 0.08 ? [{ kind: "restart", atMs: START_MS + between(0, busyMs), downMs: between(1, 6) * DAY_MS } as const] : [];
  return {
    seed, horizonMs, calmMs, flow, sources, faults,
    acts: [...acts, ...long].sort((a, b) => a.atMs - b.atMs),
    // Time to read everything once more at every age, on top of the longest absence.
    endMs: calmMs + 2 * horizonMs + 2 * HOUR_MS + (long[0]?.downMs ?? 0),
    pageRows: pick([7, 20, 100, 5000]),
    commitFaultShare: pick([0, 0, 0.02, 0.1]),
    latencyMsMax: pick([0, 500, 4000]),
  };
}

function drawSources(random: () => number, horizonMs: number): ScenarioSource[] {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const number = pick([1, 1, 2, 3]);
  return Array.from({ length: number }, (_, at) => {
    const api = pick(["graph", "graph", "reporting"] as const);
    const statusChanges = pick(["every", "every", "final", "off"] as const);
    const config = {
      settle_horizon: horizonMs / 1000,
      status_changes: statusChanges,
      annotate: random() < 0.3,
      catch_up: pick(["oldest", "newest"]),
      api,
    };
    return { name: `source-${at}`, tenant: api === "graph" ? 0 : 1, api, config: { ...config, interval: pick([60, 300, 600]), offset: pick([0, 0, 0, 120]) } };
  });
}

function drawAct(random: () => number, atMs: number, busyMs: number, sources: number): Act {
  const between = (low: number, high: number) => Math.round(low + random() * (high - low));
  const source = between(0, sources - 1);
  switch (between(0, 9)) {
    case 0:
      return { kind: "pause", atMs, source, forMs: between(MINUTE_MS, busyMs / 4) };
    case 1:
      return { kind: "replace", atMs, source };
    case 2:
      return { kind: "delete", atMs, source, backAfterMs: between(MINUTE_MS, busyMs / 6) };
    case 3:
      return { kind: "restart", atMs, downMs: between(1000, busyMs / 4) };
    case 4:
      return { kind: "clock", atMs, byMs: between(-10, 10) * MINUTE_MS };
    case 5:
      return { kind: "backfill", atMs, source, backMs: between(HOUR_MS, 6 * HOUR_MS) };
    default:
      return { kind: "die", atMs, afterCalls: between(1, 60), afterEffect: random() < 0.5, downMs: between(1000, busyMs / 6) };
  }
}
