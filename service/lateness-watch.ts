/** Looks at every source once a minute and logs those that are late, for alerts. */
import type { App } from "./app.js";
import { judgeLateness, lateByMs, PUNCTUAL, type Lateness } from "./core/lateness.js";
import { LOG_EVENTS } from "./environment.js";
import type { Clock } from "./ports.js";
import type { Log } from "./system/log.js";

const LOOK_EVERY_MS = 60_000;

/** Runs until the signal is aborted; resolves then. A look that fails is left out: the store's own faults are told elsewhere. */
export async function watchLateness(app: Pick<App, "definitions" | "operations">, ports: { readonly clock: Clock; readonly log: Log }, signal: AbortSignal): Promise<void> {
  const seen = new Map<number, Lateness>();
  while (!signal.aborted) {
    await lookAtSources(app, ports, seen).catch(() => undefined);
    await ports.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}

/** One look; `seen` is carried from look to look. Throws Fault store-*. */
export async function lookAtSources(app: Pick<App, "definitions" | "operations">, { clock, log }: { readonly clock: Clock; readonly log: Log }, seen: Map<number, Lateness>): Promise<void> {
  const sources = app.definitions.list().filter(({ record, config }) => !record.stopping && !record.paused && !config.paused);
  const ids = new Set(sources.map(({ record }) => record.id));
  for (const id of seen.keys()) if (!ids.has(id)) seen.delete(id);
  for (const source of sources) {
    const { id, createdMs } = source.record;
    const status = await app.operations.status(source);
    const { name, pollingIntervalMs, timeOffsetMs } = source.config;
    const punctuality = { frontierMs: status.frontierMs, createdMs, pollingIntervalMs, timeOffsetMs };
    const nowMs = clock.nowMs();
    const { after, tell } = judgeLateness(seen.get(id) ?? PUNCTUAL, punctuality, nowMs);
    seen.set(id, after);
    if (!tell) continue;
    const minutes = Math.round(lateByMs(punctuality, nowMs) / 60_000);
    log.error({ event: LOG_EVENTS.late, sourceId: id, source: name, lateMinutes: minutes, state: status.health.state }, `the source is ${minutes} minutes late`);
  }
}
