/** Brings the gauges of every source up to date: what only coverage knows. */
import type { App } from "../app.js";
import type { Clock } from "../ports.js";
import type { Metrics } from "../system/metrics.js";

/** Sets api, lag, ages, debt and gaps of each source. Throws Fault store-*. */
export async function refreshMetrics(app: App, metrics: Metrics, clock: Clock): Promise<void> {
  for (const source of app.definitions.list()) {
    if (source.record.stopping) continue;
    const status = await app.operations.status(source);
    const nowMs = clock.nowMs();
    const ageSeconds = (ms: number) => Math.max(0, (nowMs - ms) / 1000);
    metrics.setSource(source.record.id, {
      api: source.config.api,
      lagSeconds: status.lagMs / 1000,
      cursorAgeSeconds: ageSeconds(status.cursorMs),
      frontierAgeSeconds: ageSeconds(status.frontierMs),
      settledAgeSeconds: ageSeconds(status.settledMs),
      debtRows: status.debt.rows,
      debtRequests: status.debt.requests,
      gapSeconds: status.gapMs / 1000,
    });
  }
}
