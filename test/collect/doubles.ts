/** Small doubles of what lies around collect/: a store in memory, a scripted source, a sink that can misbehave. */
import { Fault } from "../../service/core/fault.js";
import type { Page, Row, Window } from "../../service/core/model.js";
import type { Rules } from "../../service/core/plan.js";
import type { Batch, Bucket, Commit, Happening, Progress, Receipt, Sink, Source, Store } from "../../service/ports.js";
import type { TurnRules } from "../../service/collect/turn.js";
import { VirtualClock } from "../simulation/virtual-clock.js";

export const START_MS = Date.parse("2026-11-22T12:00:00Z");
export const SOURCE_ID = 100_000_001;
export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** No jitter: the middle of the upper half. */
export const half = () => 0.5;

export const clockAtStart = () => new VirtualClock(START_MS);

type ProgressStore = Pick<Store, "progress" | "buckets" | "partial" | "commit">;
/** One source's progress, fenced as the real stores are. */
export class MemoryStore implements ProgressStore {
  revision = 0;
  coverage: unknown = undefined;
  totals: unknown = undefined;
  readonly kept = new Map<number, Uint8Array>();
  taken: Readonly<Record<string, Uint8Array>> = {};
  readonly commits: Commit[] = [];
  calls = 0;
  /** Fails calls while it answers something. */
  failing: (call: "progress" | "buckets" | "partial" | "commit") => Error | undefined = () => undefined;

  async progress(): Promise<Progress> {
    this.#call("progress");
    return { revision: this.revision, coverage: structuredClone(this.coverage), totals: structuredClone(this.totals) };
  }
  async buckets(_sourceId: number, startMs: number, endMs: number): Promise<readonly Bucket[]> {
    this.#call("buckets");
    return [...this.kept].flatMap(([at, blob]) => (at >= startMs && at < endMs ? [{ startMs: at, blob }] : []));
  }
  async partial(): Promise<Readonly<Record<string, Uint8Array>>> {
    this.#call("partial");
    return this.taken;
  }
  async commit(_sourceId: number, expectedRevision: number, commit: Commit): Promise<number> {
    this.#call("commit");
    if (expectedRevision !== this.revision) throw new Fault("fenced");
    this.commits.push(commit);
    this.coverage = structuredClone(commit.coverage);
    this.totals = structuredClone(commit.totals);
    for (const startMs of this.kept.keys()) {
      const dropped = commit.forget && startMs + 900_000 > commit.forget.startMs && startMs < commit.forget.endMs;
      if (dropped || startMs < (commit.forgetBeforeMs ?? Number.NEGATIVE_INFINITY)) this.kept.delete(startMs);
    }
    for (const { startMs, blob } of commit.buckets) this.kept.set(startMs, blob);
    if (commit.partial) this.taken = commit.partial;
    return ++this.revision;
  }
  #call(name: "progress" | "buckets" | "partial" | "commit"): void {
    this.calls += 1;
    const failure = this.failing(name);
    if (failure) throw failure;
  }
}

/** A source of some rows; `failing` answers what a window fails with. */
export class MemorySource implements Source {
  readonly limits = { pageRows: 5000, windowMsMax: 24 * HOUR_MS, historyMs: 10 * 24 * HOUR_MS };
  rows: Row[] = [];
  rowsPerPage = 5000;
  readonly windows: Window[] = [];
  checks = 0;
  failing: (window: Window) => Error | undefined = () => undefined;
  checkFailing: () => Error | undefined = () => undefined;

  async check(): Promise<void> {
    this.checks += 1;
    const failure = this.checkFailing();
    if (failure) throw failure;
  }
  async *read(window: Window, signal: AbortSignal): AsyncGenerator<Page> {
    this.windows.push(window);
    const failure = this.failing(window);
    if (failure) throw failure;
    const rows = this.rows.filter(({ timeMs }) => timeMs >= window.startMs && timeMs < window.endMs).toSorted((a, b) => b.timeMs - a.timeMs);
    for (let at = 0; at < rows.length || at === 0; at += this.rowsPerPage) {
      signal.throwIfAborted();
      yield { rows: rows.slice(at, at + this.rowsPerPage), bytes: 100 };
    }
  }
}

/** Takes every line, unless `judge` throws. */
export class MemorySink implements Sink {
  limits = { batchBytesMax: 1_000_000, batchRowsMax: 1000 };
  readonly batches: Batch[] = [];
  attempts = 0;
  judge: (batch: Batch, attempt: number, signal: AbortSignal) => Promise<void> | void = () => undefined;

  get lines(): string[] {
    return this.batches.flatMap(({ lines }) => lines);
  }
  async check(): Promise<void> {}
  async write(batch: Batch, signal: AbortSignal): Promise<Receipt> {
    await this.judge(batch, ++this.attempts, signal);
    this.batches.push(batch);
    return { sentBytes: batch.bytes };
  }
  async close(): Promise<void> {}
}

export const PLAN: Rules = { intervalMs: 5 * MINUTE_MS, offsetMs: 0, horizonMs: 0, historyMs: 10 * 24 * HOUR_MS, windowMsMax: 24 * HOUR_MS, pageRows: 5000, catchUp: "oldest" };
export const TURN: TurnRules = {
  sourceId: SOURCE_ID,
  tenantId: "66666666-7777-8888-9999-aaaaaaaaaaaa",
  annotate: false,
  offsetMs: 0,
  origin: { sourceId: SOURCE_ID, name: "Exchange", fields: {} },
  fold: { salt: "salt", statusChanges: "every", horizonMs: 0 },
};

/** What stops a turn, and what happened. */
export function stops(): { readonly stopping: AbortController; readonly aborting: AbortController; readonly signals: { stopping: AbortSignal; aborting: AbortSignal } } {
  const [stopping, aborting] = [new AbortController(), new AbortController()];
  return { stopping, aborting, signals: { stopping: stopping.signal, aborting: aborting.signal } };
}
export function diary(): { readonly happenings: Happening[]; readonly observe: (happening: Happening) => void; readonly faults: () => string[] } {
  const happenings: Happening[] = [];
  return { happenings, observe: (happening) => void happenings.push(happening), faults: () => happenings.flatMap((one) => (one.kind === "fault" ? [one.code] : [])) };
}

/** Resolves when nothing can run any more without time passing. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets virtual time pass until the work is done. Throws when it is still waiting after `limitMs`. */
export async function through<T>(clock: VirtualClock, work: Promise<T>, limitMs: number): Promise<T> {
  const state = { over: false };
  const mark = () => {
    state.over = true;
  };
  work.then(mark, mark);
  for (const endMs = clock.nowMs() + limitMs; !state.over && clock.nowMs() < endMs; ) await clock.runUntil(Math.min(endMs, clock.nowMs() + 10 * SECOND_MS));
  if (!state.over) throw new Error(`still waiting after ${limitMs} ms`);
  return work;
}
