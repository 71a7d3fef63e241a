/** One turn of one source: reads a window, delivers what is fresh in it, and closes it. Written before committed, always. */
import { cover, type Coverage } from "../core/coverage.js";
import type { Fault } from "../core/fault.js";
import { fold, type FoldRules, type FreshRow } from "../core/fold.js";
import type { Page, Purpose, Window } from "../core/model.js";
import type { Batch, Observe, Random, Sink, Source } from "../ports.js";
import { outgoing } from "./annotate.js";
import { deliver, DeliveryStopped, parcels, type StopSignals } from "./delivery.js";
import type { Journal } from "./journal.js";
import type { CorrectedClock } from "./server-clock.js";
import { hasTaken, takesOf } from "./takes.js";

export interface TurnPorts {
  readonly source: Source;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly journal: Journal;
  readonly clock: CorrectedClock;
  readonly random: Random;
  readonly observe: Observe;
}
export interface TurnRules {
  readonly sourceId: number;
  readonly tenantId: string;
  readonly annotate: boolean;
  /** Rows younger than this do not count as read, ms. */
  readonly offsetMs: number;
  readonly origin: Batch["origin"];
  readonly fold: Omit<FoldRules, "readBefore">;
}
export interface TurnWatch {
  setback(fault: Fault, nextTryMs: number): void;
  /** A page was read, delivered and committed. */
  progressed(): void;
}

/** Reads one window. Throws Fault, or the signal's reason when it is stopped; then the window stays open. */
export async function readWindow(window: Window, why: Purpose, ports: TurnPorts, rules: TurnRules, watch: TurnWatch, signals: StopSignals): Promise<void> {
  const { journal, clock } = ports;
  const began = beginning(clock);
  await journal.turnTo(window);
  const seen = { rows: 0, fresh: 0, pages: 0 };
  let askedMs = clock.nowMs();
  for await (const page of ports.source.read(window, signals.stopping)) {
    // While the answer is new: until the rows are delivered the host's clock may change once more.
    began.look();
    // As old as they were when they were asked for: an answer that waited in a process that stood still says nothing of now.
    const seenMs = Math.min(askedMs, clock.nowMs());
    const fresh = fold(page.rows, window, journal.buckets, { ...rules.fold, readBefore: why === "settle" }, seenMs);
    seen.rows += countIn(page, window);
    seen.fresh += fresh.length;
    seen.pages += 1;
    ports.observe({ kind: "page", sourceId: rules.sourceId, purpose: why, rows: page.rows.length, fresh: fresh.length, bytes: page.bytes });
    await send(fresh, ports, rules, watch, signals);
    watch.progressed();
    askedMs = clock.nowMs();
  }
  const readMs = began.look();
  await journal.change(close(journal.coverage, window, why, readMs, rules.offsetMs, seen.rows), { rowsRead: seen.rows, windows: 1, pages: seen.pages });
  ports.observe({ kind: "window", sourceId: rules.sourceId, purpose: why, window, ...seen });
}

/** When the reading began, ms: earlier than was thought, each time the host turns out to have been ahead. */
function beginning(clock: CorrectedClock): { look(): number } {
  const startedMs = clock.nowMs();
  const leadMs = clock.leadMs ?? 0;
  let earliestMs = startedMs;
  return { look: () => (earliestMs = Math.min(earliestMs, startedMs - ((clock.leadMs ?? 0) - leadMs))) };
}

/** Nothing counts as read that was younger than the offset when the reading began: the plan may have gone by a clock that was ahead. */
function close(coverage: Coverage, window: Window, why: Purpose, readMs: number, offsetMs: number, rows: number): Coverage {
  const endMs = Math.min(window.endMs, Math.floor((readMs - offsetMs) / 1000) * 1000);
  const covered = endMs > window.startMs ? cover(coverage, { startMs: window.startMs, endMs }, readMs, rows) : coverage;
  if (why === "new") return { ...covered, polledMs: readMs };
  return why === "settle" ? { ...covered, settleReadMs: readMs } : covered;
}

async function send(fresh: readonly FreshRow[], ports: TurnPorts, rules: TurnRules, watch: TurnWatch, signals: StopSignals): Promise<void> {
  const { journal, sinks } = ports;
  const everyVersion = rules.fold.statusChanges === "every";
  const batchId = () => `${rules.sourceId}-${journal.revision + 1}`;
  const lines = function* () {
    for (const row of fresh) yield outgoing(row, rules.annotate ? { tenantId: rules.tenantId, batchId: batchId() } : undefined);
  };
  for (const rows of parcels(lines(), sinks)) {
    try {
      await deliver({ id: batchId(), rows, origin: rules.origin, sinks, taken: journal.partial, everyVersion }, ports, watch, signals);
    } catch (thrown) {
      if (thrown instanceof DeliveryStopped) await keepTaken(thrown, rows.map((row) => row.fresh), everyVersion, journal);
      throw thrown instanceof DeliveryStopped ? thrown.cause : thrown;
    }
    await journal.delivered(rows.map((row) => row.fresh));
  }
}

/** Rows that every destination took are delivered; what only some took is remembered by destination. */
async function keepTaken({ taken }: DeliveryStopped, rows: readonly FreshRow[], everyVersion: boolean, journal: Journal): Promise<void> {
  const isEverywhere = (row: FreshRow) => [...taken.values()].every((mine) => hasTaken(mine, row, everyVersion));
  const byAll = rows.filter(isEverywhere);
  const partly = takesOf(taken, rows.filter((row) => !isEverywhere(row)));
  if (partly.size > 0) await journal.deliveredPartly(partly);
  if (byAll.length > 0) await journal.delivered(byAll);
}

function countIn(page: Page, window: Window): number {
  return page.rows.filter((row) => row.timeMs >= window.startMs && row.timeMs < window.endMs).length;
}
