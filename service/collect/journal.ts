/**
 * The written memory of one source: coverage, totals and the fingerprints of the window being read. The only writer of
 * its progress; every change is one commit, fenced by the revision.
 */
import { emptyCoverage, frontierMs, missing, tidy, unread, type Coverage } from "../core/coverage.js";
import { BUCKET_MS, bucketStartMs, FingerprintBucket, TIMELESS_BUCKET_MS } from "../core/fingerprints.js";
import { remember, type Buckets, type FreshRow } from "../core/fold.js";
import type { Window } from "../core/model.js";
import type { Clock, Commit, Progress, Store } from "../ports.js";
import { decodeTakes, encodeTakes, takesOutside, takesWith, takesWithout, type Takes } from "./takes.js";

/** Running sums since the source was made. */
export interface Totals {
  readonly rowsRead: number;
  readonly rowsDelivered: number;
  readonly rowsLate: number;
  readonly rowsChanged: number;
  readonly windows: number;
  readonly pages: number;
  readonly lastDeliveredMs: number;
}
export const NO_TOTALS: Totals = { rowsRead: 0, rowsDelivered: 0, rowsLate: 0, rowsChanged: 0, windows: 0, pages: 0, lastDeliveredMs: 0 };

export interface JournalPorts {
  readonly store: Pick<Store, "progress" | "buckets" | "partial" | "commit">;
  readonly clock: Clock;
}

/** How long a stretch may be read again: until its rows were seen at the age of the horizon. */
export interface Keep {
  readonly horizonMs: number;
}

/** What a stored progress says, or that of a source that has read nothing. */
export function readProgress(progress: Progress, originMs: number): { coverage: Coverage; totals: Totals } {
  return {
    coverage: (progress.coverage as Coverage | undefined) ?? emptyCoverage(originMs),
    totals: { ...NO_TOTALS, ...(progress.totals as Partial<Totals> | undefined) },
  };
}

export class Journal {
  readonly #ports: JournalPorts;
  readonly #sourceId: number;
  readonly #keep: Keep;
  #revision = 0;
  #coverage: Coverage;
  #totals: Totals = NO_TOTALS;
  #buckets = new Map<number, FingerprintBucket>();
  #partial: Takes = new Map();

  private constructor(ports: JournalPorts, sourceId: number, keep: Keep, originMs: number) {
    this.#ports = ports;
    this.#sourceId = sourceId;
    this.#keep = keep;
    this.#coverage = emptyCoverage(originMs);
  }

  /** Opens the journal of a source; `originMs` counts only where there is none yet. Throws Fault store-*. */
  static async open(ports: JournalPorts, sourceId: number, keep: Keep, originMs: number): Promise<Journal> {
    const journal = new Journal(ports, sourceId, keep, originMs);
    await journal.reload();
    return journal;
  }

  get coverage(): Coverage {
    return this.#coverage;
  }
  get totals(): Totals {
    return this.#totals;
  }
  get revision(): number {
    return this.#revision;
  }
  get buckets(): Buckets {
    return this.#buckets;
  }
  /** What destinations took although others have not. */
  get partial(): Takes {
    return this.#partial;
  }

  /** Takes the store's word for everything: after a fault nobody knows what became of a commit. */
  async reload(): Promise<void> {
    const progress = await this.#ports.store.progress(this.#sourceId);
    const partial = await this.#ports.store.partial(this.#sourceId);
    const { coverage, totals } = readProgress(progress, this.#coverage.originMs);
    this.#revision = progress.revision;
    this.#coverage = this.#tidied(coverage);
    this.#totals = totals;
    this.#buckets = new Map();
    this.#partial = decodeTakes(partial);
  }

  /** Loads the fingerprints of a window and lets go of others. */
  async turnTo(window: Window): Promise<void> {
    const fromMs = bucketStartMs(window.startMs);
    const stored = [
      ...(await this.#ports.store.buckets(this.#sourceId, fromMs, window.endMs)),
      ...(await this.#ports.store.buckets(this.#sourceId, TIMELESS_BUCKET_MS, TIMELESS_BUCKET_MS + 1)),
    ];
    this.#buckets = new Map(stored.map(({ startMs, blob }) => [startMs, FingerprintBucket.decode(blob)]));
  }

  /** Rows were taken by every destination: remember them. */
  async delivered(rows: readonly FreshRow[]): Promise<void> {
    const changed = remember(rows, this.#buckets, () => FingerprintBucket.empty());
    const count = (kind: FreshRow["kind"]) => rows.filter((row) => row.kind === kind).length;
    const totals = {
      ...this.#totals,
      rowsDelivered: this.#totals.rowsDelivered + rows.length,
      rowsLate: this.#totals.rowsLate + count("late"),
      rowsChanged: this.#totals.rowsChanged + count("changed"),
      lastDeliveredMs: this.#ports.clock.nowMs(),
    };
    const partial = takesWithout(this.#partial, rows);
    await this.#commit({ coverage: this.#coverage, totals, ...(this.#partial.size > 0 ? { partial: encodeTakes(partial) } : {}) }, changed);
    this.#partial = partial;
    for (const [startMs, bucket] of changed) this.#buckets.set(startMs, bucket);
  }

  /** Some destinations took these rows, others did not: remember who did, so that nobody gets them twice. */
  async deliveredPartly(taken: Takes): Promise<void> {
    const partial = takesWith(this.#partial, taken);
    await this.#commit({ coverage: this.#coverage, totals: this.#totals, partial: encodeTakes(partial) });
    this.#partial = partial;
  }

  /** Changes coverage (a window was closed, a gap found, an operator's command) and adds to the totals. */
  async change(coverage: Coverage, add: Partial<Totals> = {}, forget?: Window): Promise<void> {
    const tidied = this.#tidied(coverage);
    const totals = { ...this.#totals };
    for (const key of ["rowsRead", "windows", "pages"] as const) totals[key] += add[key] ?? 0;
    const partial = forget ? takesOutside(this.#partial, forget) : this.#partial;
    const forgotten = forget ? { forget, partial: encodeTakes(partial) } : {};
    await this.#commit({ coverage: tidied, totals, forgetBeforeMs: this.#forgetBeforeMs(tidied), ...forgotten });
    this.#partial = partial;
    if (forget) this.#buckets = new Map();
  }

  #tidied(coverage: Coverage): Coverage {
    return tidy(coverage, this.#keep.horizonMs, this.#ports.clock.nowMs());
  }

  /** Fingerprints are kept where a window may still be read: unsettled, unread or stuck stretches, and one bucket of margin. */
  #forgetBeforeMs(coverage: Coverage): number {
    const { spans, originMs, backfills } = coverage;
    const endMs = frontierMs(coverage);
    const rereadable = spans.filter((span) => span.kind === "read" || span.kind === "stuck");
    const open = [...unread(coverage, { startMs: originMs, endMs }), ...backfills.flatMap((backfill) => missing(coverage, backfill))];
    const needed = [...rereadable, ...open].map(({ startMs }) => startMs);
    return bucketStartMs(Math.min(this.#ports.clock.nowMs() - this.#keep.horizonMs, endMs, ...needed)) - BUCKET_MS;
  }

  async #commit(change: Omit<Commit, "buckets">, buckets = new Map<number, FingerprintBucket>()): Promise<void> {
    const blobs = [...buckets].map(([startMs, bucket]) => ({ startMs, blob: bucket.blob }));
    this.#revision = await this.#ports.store.commit(this.#sourceId, this.#revision, { ...change, buckets: blobs });
    this.#coverage = change.coverage as Coverage;
    this.#totals = change.totals as Totals;
  }
}
