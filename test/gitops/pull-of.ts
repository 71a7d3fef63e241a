import type { ConfigOrigin } from "../../service/core/config-origin.js";
import { createPull, type Pull, type PullSettings, type PullTold } from "../../service/gitops/pull.js";
import { systemClock } from "../../service/system/clock.js";
import type { Rig } from "./rig.js";

export const HOUR_MS = 3_600_000;

/** A pull that has started. */
export function pullOf(origin: ConfigOrigin, rig: Rig, told: PullTold[], settings: Partial<PullSettings> = {}): Pull {
  // The pull's own waiting is real, the collector's calendar is the test's.
  const clock = { nowMs: () => rig.clock.now, sleep: systemClock.sleep.bind(systemClock) };
  const pull = createPull(origin, { intervalMs: HOUR_MS, prune: false, graceMs: 24 * HOUR_MS, ...settings }, { clock, configuration: rig.configuration, tell: (one) => told.push(one) });
  pull.start();
  return pull;
}
