/** The one loop: plans, takes a turn, heals, waits. One worker per source; it owns the source's journal. */
import { backoffMs } from "../core/backoff.js";
import { markGap, type Coverage } from "../core/coverage.js";
import { asFault, Fault } from "../core/fault.js";
import { reached, STARTING, troubled, type Health, type Phase } from "../core/health.js";
import type { Purpose, Window } from "../core/model.js";
import { plan, type Rules } from "../core/plan.js";
import type { Observe, Random, Sink, Source } from "../ports.js";
import type { StopSignals } from "./delivery.js";
import { Journal, type JournalPorts } from "./journal.js";
import { Pieces } from "./pieces.js";
import type { CorrectedClock } from "./server-clock.js";
import { readWindow, type TurnRules } from "./turn.js";

export interface WorkerPorts {
  /** Connects the source; `purpose` tells what the current turn is for, so that its requests are queued rightly. */
  connect(purpose: () => Purpose, phase: (phase: Phase) => void): Source;
  /** Opened sinks by name. Throws Fault destination-missing. */
  sinks(): ReadonlyMap<string, Sink>;
  readonly store: JournalPorts["store"];
  readonly clock: CorrectedClock;
  readonly random: Random;
  readonly observe: Observe;
  /** The tenant was told to wait. */
  throttled(untilMs: number): Promise<void>;
}
export interface WorkerRules {
  readonly plan: Rules;
  readonly turn: TurnRules;
  /** Where a source that has read nothing starts, ms. */
  readonly originMs: number;
}

/** An operator's change of coverage; `forget` drops fingerprints so that the window is delivered again. */
export interface Edit {
  readonly change: (coverage: Coverage) => Coverage;
  readonly forget?: Window;
}
interface PendingEdit extends Edit {
  done(): void;
  failed(reason: unknown): void;
}

/** An operator's change that came when the worker was ending: nothing was changed, it may be tried again. */
export class WorkerStopped extends Error {
  constructor() {
    super("the source was stopped");
    this.name = "WorkerStopped";
  }
}

export class Worker {
  readonly #ports: WorkerPorts;
  readonly #rules: WorkerRules;
  readonly #edits: PendingEdit[] = [];
  readonly #pieces = new Pieces();
  #wake = new AbortController();
  #health: Health = STARTING;
  #journal: Journal | undefined;
  /** The journal may differ from the store: nobody knows what became of the last commit. */
  #doubtful = false;
  #purpose: Purpose = "new";
  /** Whether this worker has polled: the first poll is at once, so that a changed definition is tried and not only believed. */
  #polled = false;
  #nextMs = 0;
  /** The loop is over: nobody would apply a change any more. */
  #ended = false;
  /** End of the window being read, ms. */
  #endMs = 0;

  constructor(ports: WorkerPorts, rules: WorkerRules) {
    this.#ports = ports;
    this.#rules = rules;
  }

  get health(): Health {
    return this.#health;
  }
  /** The journal once it is open: coverage and totals for status. */
  get journal(): Journal | undefined {
    return this.#journal;
  }
  /** When the worker looks for work again, ms; 0 while it is reading. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** Applies an operator's change between two turns. Resolves when it is durable. Throws WorkerStopped, Fault store-*. */
  edit(edit: Edit): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#ended) return failed(new WorkerStopped());
      this.#edits.push({ ...edit, done, failed });
      this.#wake.abort();
    });
  }

  /** Runs until `stopping`. Never throws: faults are health. */
  async run(signals: StopSignals): Promise<void> {
    this.#reach("Initialized");
    let source: Source | undefined;
    let tries = 0;
    while (!signals.stopping.aborted) {
      try {
        source ??= this.#ports.connect(() => this.#purpose, (phase) => this.#reach(phase));
        await this.#turn(source, signals);
        tries = 0;
      } catch (thrown) {
        if (signals.stopping.aborted || signals.aborting.aborted) break;
        tries += 1;
        await this.#heal(asFault(thrown), tries, source, signals).catch((reason: unknown) => this.#waitOut(asFault(reason), tries, signals));
      }
    }
    this.#ended = true;
    for (const edit of this.#edits.splice(0)) edit.failed(new WorkerStopped());
  }

  async #turn(source: Source, signals: StopSignals): Promise<void> {
    const { clock, store, observe, random } = this.#ports;
    this.#journal ??= await Journal.open({ store, clock }, this.#rules.turn.sourceId, this.#rules.plan, this.#rules.originMs);
    const journal = this.#journal;
    if (this.#doubtful) await journal.reload();
    this.#doubtful = false;
    await this.#applyEdits(journal);
    const coverage = this.#polled ? journal.coverage : { ...journal.coverage, polledMs: 0 };
    const step = plan(coverage, this.#rules.plan, this.#pieces.hints, clock.nowMs());
    if (step.kind === "wait") return this.#rest(step.untilMs, signals);
    if (step.kind === "gap") return this.#recordGap(step.lost, journal);
    this.#nextMs = 0;
    this.#purpose = step.why;
    this.#polled ||= step.why === "new";
    this.#endMs = step.window.endMs;
    this.#pieces.started(step);
    const ports = { source, sinks: this.#ports.sinks(), journal, clock, random, observe };
    const watch = {
      setback: (fault: Fault, nextTryMs: number) => this.#note(fault, nextTryMs),
      progressed: () => this.#reach("Collecting"),
    };
    await readWindow(step.window, step.why, ports, this.#rules.turn, watch, signals);
    this.#pieces.succeeded();
    // A window without a page (nothing to read) is progress as well.
    this.#reach("Collecting");
  }

  async #recordGap(lost: Window, journal: Journal): Promise<void> {
    await journal.change(markGap(journal.coverage, lost, "history", this.#ports.clock.nowMs()));
    this.#ports.observe({ kind: "gap", sourceId: this.#rules.turn.sourceId, window: lost, reason: "history" });
  }

  async #applyEdits(journal: Journal): Promise<void> {
    for (let edit = this.#edits.shift(); edit; edit = this.#edits.shift()) {
      try {
        await journal.change(edit.change(journal.coverage), {}, edit.forget);
        edit.done();
      } catch (thrown) {
        edit.failed(thrown);
        throw thrown;
      }
    }
  }

  /** After a fault: take the store's word, cut the window where that helps, and wait. */
  async #heal(fault: Fault, tries: number, source: Source | undefined, signals: StopSignals): Promise<void> {
    const { clock } = this.#ports;
    // The window ended in Microsoft's future; the refusal has set our clock right, and the next plan is.
    if (fault.code === "request-refused" && this.#endMs > clock.nowMs()) return;
    const waitMs = backoffMs(fault, tries, this.#ports.random);
    this.#note(fault, clock.nowMs() + waitMs);
    if (fault.code === "throttled") await this.#ports.throttled(clock.nowMs() + waitMs);
    this.#doubtful = true;
    if (this.#journal) await this.#journal.reload();
    this.#doubtful = false;
    const verdict = await this.#pieces.failed(fault, () => this.#apiWorks(source, signals));
    if (verdict.kind === "stuck" && this.#journal) {
      const { window, retryMs } = verdict;
      await this.#journal.change(this.#pieces.setAside(this.#journal.coverage, window, clock.nowMs() + retryMs, fault));
      this.#note(unreadable(window, fault), clock.nowMs() + retryMs);
    }
    if (verdict.kind === "wait") await this.#rest(clock.nowMs() + waitMs, signals);
  }

  /** Healing failed as well, for want of a store above all. */
  async #waitOut(fault: Fault, tries: number, signals: StopSignals): Promise<void> {
    const untilMs = this.#ports.clock.nowMs() + backoffMs(fault, tries, this.#ports.random);
    this.#note(fault, untilMs);
    await this.#rest(untilMs, signals);
  }

  /** Asks the API something small. A request to wait counts for the tenant here as anywhere. */
  async #apiWorks(source: Source | undefined, signals: StopSignals): Promise<boolean> {
    try {
      await source?.check(signals.stopping);
      return source !== undefined;
    } catch (thrown) {
      const fault = asFault(thrown);
      if (fault.code === "throttled") await this.#ports.throttled(this.#ports.clock.nowMs() + backoffMs(fault, 1, this.#ports.random));
      return false;
    }
  }

  async #rest(untilMs: number, signals: StopSignals): Promise<void> {
    this.#nextMs = untilMs;
    this.#wake = new AbortController();
    if (this.#edits.length > 0) return;
    const either = AbortSignal.any([signals.stopping, this.#wake.signal]);
    await this.#ports.clock.sleep(Math.max(0, untilMs - this.#ports.clock.nowMs()), either).catch(() => undefined);
  }

  #reach(phase: Phase): void {
    const before = this.#health.phase;
    this.#health = reached(this.#health, phase);
    if (this.#health.phase !== before) this.#ports.observe({ kind: "state", sourceId: this.#rules.turn.sourceId, state: this.#health.phase });
  }

  #note(fault: Fault, nextTryMs: number): void {
    this.#health = troubled(this.#health, fault, this.#ports.clock.nowMs(), nextTryMs);
    this.#ports.observe({ kind: "fault", sourceId: this.#rules.turn.sourceId, code: fault.code, message: fault.message, nextTryMs });
  }
}

function unreadable(window: Window, cause: Fault): Fault {
  const [from, to] = [window.startMs, window.endMs].map((ms) => new Date(ms).toISOString());
  const status = cause.status === undefined ? {} : { status: cause.status };
  return new Fault("window-unreadable", { detail: `${from} to ${to}: ${cause.message}`, cause, ...status });
}
