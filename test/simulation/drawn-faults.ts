/** The faults of a seed: which, when, how often; one schedule for Microsoft and the first receiver, one for the second. */
import type { ScheduledFault } from "../../service/emulator/fault-catalogue.js";
import { behind, type Act, type Away } from "./acts.js";
import type { Dice } from "./dice.js";

const MINUTE_MS = 60_000;

const TRACE = [
  "html", "throttle", "throttle", "server-error", "cut", "hang", "truncate", "bad-link", "foreign-link", "looping-link", "repeat-page",
  "empty-page-with-link", "expired-link", "refuse-token", "no-service-principal", "forbidden", "slow",
] as const;
const LOGIN = [
  "login-unavailable", "login-hang", "login-cut", "bad-secret", "expired-secret", "expired-code", "expired-refresh",
] as const;
const RECEIVER = [
  "receiver-refuse", "receiver-throttle", "receiver-error", "receiver-hang", "receiver-accept-then-cut", "receiver-too-large", "receiver-warning",
] as const;

export interface FaultBounds {
  readonly startMs: number;
  readonly busyMs: number;
  readonly away: Away | undefined;
  /** Some source has an authorization code: its first login is worth troubling. */
  readonly byCode: boolean;
}

export function drawFaults(die: Dice, { startMs, busyMs, away, byCode }: FaultBounds): { faults: ScheduledFault[]; secondFaults: ScheduledFault[] } {
  const calm = die.chance(0.1);
  const some = (most: number, names: readonly ScheduledFault["name"][]) =>
    Array.from({ length: calm ? 0 : die.between(0, most) }, () => later(drawFault(die, die.pick(names), startMs, busyMs), away));
  const first: ScheduledFault[] = byCode && !calm && die.chance(0.25) ? [{ name: die.pick(["login-cut", "login-hang", "expired-code", "login-unavailable"]), fromMs: startMs, toMs: startMs + 12 * MINUTE_MS, share: 0.6 }] : [];
  return {
    faults: [...first, ...some(5, TRACE), ...some(2, LOGIN), ...some(3, RECEIVER)],
    secondFaults: some(3, RECEIVER),
  };
}

function drawFault(die: Dice, name: ScheduledFault["name"], startMs: number, busyMs: number): ScheduledFault {
  const fromMs = startMs + die.between(0, busyMs * 0.9);
  // Short enough to pass, long enough to last: minutes to a third of the run.
  const toMs = Math.min(startMs + busyMs, fromMs + die.between(MINUTE_MS, Math.min(busyMs / 3, 90 * MINUTE_MS)));
  const fault = { name, fromMs, toMs, share: die.pick([0.1, 0.5, 1]) };
  if (name === "receiver-hang") return { ...fault, taken: die.chance(0.5) };
  if (name === "server-error") return { ...fault, status: die.pick([500, 502, 503, 504]) };
  if (name === "receiver-throttle") return { ...fault, ...(die.chance(0.5) ? { retryAfterSeconds: die.pick([1, 20, 300]) } : {}) };
  if (name !== "throttle") return fault;
  const retryAfterSeconds = die.weighted([[2, null], [2, 1], [3, 30], [3, 700], [1, 7200], [0.3, 90_000]]);
  // A long wait once is enough: each would begin it anew.
  return { ...fault, retryAfterSeconds, ...(retryAfterSeconds !== null && retryAfterSeconds > 30 ? { times: 1 } : {}) };
}

/** A fault that spans the absence shows before and after it. */
function later(fault: ScheduledFault, away: Away | undefined): ScheduledFault {
  return { ...fault, fromMs: behind(fault.fromMs!, away), toMs: behind(fault.toMs!, away) };
}

/** The second destination is away while the first one takes, and the collector is stopped meanwhile: who has what must outlive that. */
export function drawParting(die: Dice, { startMs, busyMs }: { readonly startMs: number; readonly busyMs: number }): { readonly fault: ScheduledFault; readonly acts: readonly Act[] } | undefined {
  if (!die.chance(0.15)) return undefined;
  const fromMs = startMs + die.between(0, busyMs / 3);
  const toMs = fromMs + die.between(10 * MINUTE_MS, busyMs / 2);
  const stops = Array.from({ length: die.between(1, 3) }, () => ({ kind: "restart" as const, atMs: die.between(fromMs, toMs), downMs: die.between(1000, 5 * MINUTE_MS) }));
  return { fault: { name: "receiver-refuse", fromMs, toMs, share: 1 }, acts: stops };
}

/** What a Retry-After of these may still cost after they have ended, ms. */
export function longestWaitMs(faults: readonly ScheduledFault[]): number {
  return 1000 * Math.max(0, ...faults.map((fault) => fault.retryAfterSeconds ?? 0));
}
