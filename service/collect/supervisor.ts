/** Runs one worker per source: starts, stops, restarts, and answers what each is doing. */
import { reached, STARTING, type Health } from "../core/health.js";
import { Journal, readProgress, type Totals } from "./journal.js";
import type { Coverage } from "../core/coverage.js";
import { rulesOf, wire, type KnownSource, type WiringPorts } from "./wiring.js";
import { Worker, type Edit } from "./worker.js";

/** What a source is doing, for status, pages and metrics. */
export interface SourceState {
  readonly health: Health;
  readonly paused: boolean;
  readonly coverage: Coverage;
  readonly totals: Totals;
  /** When the worker looks for work again, ms; 0 while it works. */
  readonly nextMs: number;
}

export interface Supervisor {
  /** Starts the worker of a source, or leaves it stopped when the source is paused. */
  start(source: KnownSource): void;
  /** Ends the worker: the turn is finished or abandoned within `graceMs`. Resolves when nothing of it runs any more. */
  stop(id: number, graceMs: number): Promise<void>;
  stopAll(graceMs: number): Promise<void>;
  state(source: KnownSource): Promise<SourceState>;
  /** Applies an operator's change, by the running worker or, when there is none, directly. */
  edit(source: KnownSource, edit: Edit): Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly stopping: AbortController;
  readonly aborting: AbortController;
  readonly ended: Promise<void>;
}

export function createSupervisor(ports: WiringPorts): Supervisor {
  const running = new Map<number, Running>();

  async function stop(id: number, graceMs: number): Promise<void> {
    const one = running.get(id);
    if (!one) return;
    one.stopping.abort();
    const over = new AbortController();
    const deadline = ports.clock.sleep(graceMs, over.signal).then(() => one.aborting.abort(), () => undefined);
    await one.ended;
    over.abort();
    await deadline;
    if (running.get(id) === one) running.delete(id);
  }

  return {
    start(source) {
      const { record } = source;
      if (running.has(record.id) || record.stopping || isPaused(source)) return;
      const worker = new Worker(wire(source, ports), rulesOf(source, ports.salt));
      const stopping = new AbortController();
      const aborting = new AbortController();
      const ended = worker.run({ stopping: stopping.signal, aborting: aborting.signal });
      running.set(record.id, { worker, stopping, aborting, ended });
    },
    stop,
    async stopAll(graceMs) {
      await Promise.all([...running.keys()].map((id) => stop(id, graceMs)));
    },
    async state(source) {
      const worker = running.get(source.record.id)?.worker;
      const paused = isPaused(source);
      const health = source.record.stopping ? reached(STARTING, "Stopping") : (worker?.health ?? (paused ? reached(STARTING, "Initialized") : STARTING));
      const written = worker?.journal ?? readProgress(await ports.store.progress(source.record.id), rulesOf(source, ports.salt).originMs);
      return { health, paused, coverage: written.coverage, totals: written.totals, nextMs: worker?.nextMs ?? 0 };
    },
    async edit(source, edit) {
      const worker = running.get(source.record.id)?.worker;
      if (worker) return worker.edit(edit);
      const rules = rulesOf(source, ports.salt);
      const journal = await Journal.open(ports, source.record.id, rules.plan, rules.originMs);
      await journal.change(edit.change(journal.coverage), {}, edit.forget);
    },
  };
}

function isPaused({ record, config }: KnownSource): boolean {
  return record.paused || config.paused;
}
