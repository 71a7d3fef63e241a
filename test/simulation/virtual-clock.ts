/** Time for the simulator: it stands still while anything runs, and jumps to the next sleeper when nothing does. */
import type { Clock } from "../../service/ports.js";

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  wake(): void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];
  #order = 0;
  /** How many sleepers were woken: the length of a run. */
  woken = 0;

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper: Sleeper = {
        atMs: this.#nowMs + Math.max(0, ms),
        order: ++this.#order,
        wake: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      const stop = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Lets everything run until the instant, in order of time, then of going to sleep. */
  async runUntil(untilMs: number): Promise<void> {
    for (;;) {
      await settle();
      const next = this.#sleepers.reduce<Sleeper | undefined>((first, one) => (!first || one.atMs < first.atMs || (one.atMs === first.atMs && one.order < first.order) ? one : first), undefined);
      if (!next || next.atMs > untilMs) break;
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.woken += 1;
      next.wake();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Runs until the promise is settled, jumping over sleeps. */
  async runThrough<T>(work: Promise<T>, limitMs: number): Promise<T> {
    let over = false;
    const mark = () => {
      over = true;
    };
    work.then(mark, mark);
    const endMs = this.#nowMs + limitMs;
    await settle();
    while (!over && this.#nowMs < endMs) {
      const nextMs = this.#sleepers.reduce((first, one) => Math.min(first, one.atMs), endMs);
      await this.runUntil(nextMs);
    }
    if (!over) throw new Error(`still waiting after ${limitMs} ms of virtual time`);
    return work;
  }
}

/** Everything that can run now has run: promises, and the few macrotasks of streams inside the OAuth library. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
