/** Time for the simulator: it stands still while anything runs, and jumps to the next sleeper when nothing does. */
import type { Clock } from "../../service/ports.js";

interface Sleeper {
  readonly atMs: number;
  readonly order: number;
  /** False once it was woken or sent away. */
  asleep: boolean;
  wake(): void;
}

/**
 * Macrotasks that are let by before time goes on. Everything in the collector runs on microtasks but for the streams inside the OAuth
 * library; determinism.test.ts plays seeds with more of them and must see the same.
 */
const TURNS = 2;

export class VirtualClock implements Clock {
  #nowMs: number;
  /** A binary heap: the earliest first, then who lay down first. */
  readonly #sleepers: Sleeper[] = [];
  #order = 0;
  readonly #turns: number;
  /** How many sleepers were woken: the length of a run. */
  woken = 0;

  constructor(startMs: number, turns = TURNS) {
    this.#nowMs = startMs;
    this.#turns = turns;
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
        asleep: true,
        wake: () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        },
      };
      const stop = () => {
        sleeper.asleep = false;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", stop, { once: true });
      this.#push(sleeper);
    });
  }

  /** Lets everything run until the instant, in order of time, then of going to sleep. */
  async runUntil(untilMs: number): Promise<void> {
    for (;;) {
      await this.settle();
      const next = this.#first();
      if (!next || next.atMs > untilMs) break;
      this.#pop();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.woken += 1;
      next.asleep = false;
      next.wake();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Everything that can run now has run. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < this.#turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  #first(): Sleeper | undefined {
    while (this.#sleepers[0] && !this.#sleepers[0].asleep) this.#pop();
    return this.#sleepers[0];
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers;
    let at = heap.push(sleeper) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(sleeper, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = sleeper;
  }

  #pop(): void {
    const heap = this.#sleepers;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
