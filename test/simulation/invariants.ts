/** What must be true at each commit, whatever happened. */
import assert from "node:assert/strict";
import { cursorMs, type Coverage, type Span } from "../../service/core/coverage.js";
import { FingerprintBucket } from "../../service/core/fingerprints.js";
import { FINAL_STATUSES, type Window } from "../../service/core/model.js";
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT } from "../../service/emulator/demo-tenants.js";
import type { TakenLine } from "../../service/emulator/ledger.js";
import { rowKey, stateAt, type TraceRow } from "../../service/emulator/trace-row.js";
import type { Commit } from "../../service/ports.js";
import type { Outside } from "./outside.js";
import { DESTINATIONS, type Destination, type Scenario, type ScenarioSource } from "./scenario.js";
import { follow, Takings } from "./takings.js";

/** One source as it is judged; a source that was deleted and made again is the same one with an empty memory. */
export interface Judged {
  readonly source: ScenarioSource;
  readonly takings: Readonly<Record<Destination, Takings>>;
  /** Rows that the store knows as delivered, by their 64 bits. */
  readonly remembered: Set<string>;
  /** Spans and rows that were found right and need no second look. */
  readonly spansChecked: Set<string>;
  readonly rowsChecked: Set<string>;
  coverage: Coverage | undefined;
}

export class Invariants {
  readonly judged = new Map<string, Judged>();
  /** A host whose clock is wrong by less than the step of the Date header is believed, ms. */
  readonly clockSlackMs: number;
  readonly #outside: Outside;
  readonly #lines: readonly (readonly [Destination, () => Iterable<TakenLine>])[];
  #salt = "";
  #broken: unknown;
  readonly #rows = new Map<string, { readonly atMs: number; readonly injected: number; readonly rows: readonly TraceRow[] }>();

  constructor(outside: Outside, scenario: Scenario) {
    this.#outside = outside;
    this.clockSlackMs = scenario.acts.some(({ kind }) => kind === "clock") ? 1000 : 0;
    this.#lines = DESTINATIONS.map((name) => [name, follow(outside.receivers[name].ledger)]);
    for (const source of scenario.sources) {
      const takings = { default: new Takings(), second: new Takings() };
      this.judged.set(source.name, { source, takings, remembered: new Set(), spansChecked: new Set(), rowsChecked: new Set(), coverage: undefined });
    }
  }

  set salt(salt: string) {
    this.#salt = salt;
  }

  breaks(thrown: unknown): void {
    this.#broken ??= thrown;
  }
  rethrow(): void {
    if (this.#broken) throw this.#broken;
  }

  /** Shares out what the receivers have taken since the last look. */
  look(): void {
    for (const [destination, lines] of this.#lines) {
      for (const line of lines()) {
        const judged = this.judged.get(line.name);
        if (judged) judged.takings[destination].add(line, this.#salt);
        else this.breaks(new Error(`${destination} took a line of nobody: ${line.text}`));
      }
    }
  }

  /** Everything that was taken but is in no commit yet may come again: of one source, or of all. */
  excuseOpen(name?: string): void {
    this.look();
    for (const { source, takings } of this.judged.values()) {
      if (name === undefined || source.name === name) for (const destination of DESTINATIONS) takings[destination].excuseOpen();
    }
  }
  /** Two processes at once: the function returned excuses every line since now, and does not hold its order against anybody. */
  fromNow(): () => void {
    this.look();
    const marks = [...this.judged.values()].flatMap(({ takings }) => DESTINATIONS.map((destination) => [takings[destination], takings[destination].lines.length] as const));
    return () => {
      this.look();
      for (const [takings, index] of marks) {
        takings.excuseFrom(index);
        for (const line of takings.lines.slice(index)) takings.crossed.add(line.key);
      }
    };
  }
  unanswered(destination: Destination, serial: number): void {
    this.look();
    for (const { takings } of this.judged.values()) takings[destination].excuseRequest(serial);
  }
  deleted(name: string): void {
    this.look();
    const judged = this.judged.get(name)!;
    for (const destination of DESTINATIONS) judged.takings[destination].forgetAll();
    for (const memory of [judged.remembered, judged.spansChecked, judged.rowsChecked]) memory.clear();
    judged.coverage = undefined;
  }

  committed(name: string, commit: Commit): void {
    try {
      this.look();
      const judged = this.judged.get(name)!;
      const coverage = commit.coverage as Coverage;
      if (commit.forget) this.#forget(judged, commit.forget, coverage);
      for (const { blob } of commit.buckets) this.#nothingClaimed(FingerprintBucket.decode(blob), judged);
      this.#everythingTaken(judged, coverage);
      judged.coverage = coverage;
      for (const destination of DESTINATIONS) judged.takings[destination].commit();
    } catch (thrown) {
      this.breaks(thrown);
    }
  }

  /** What an operator wished to have again: rows that are forgotten and will be read. What is forgotten beside them must not come again. */
  #forget({ source, takings, remembered, rowsChecked }: Judged, window: Window, coverage: Coverage): void {
    const isOpen = (ms: number) => !coverage.spans.some(({ kind, startMs, endMs }) => (kind === "read" || kind === "settled") && startMs <= ms && ms < endMs);
    for (const destination of source.destinations) takings[destination].forget(window, remembered, isOpen);
    rowsChecked.clear();
  }

  /** Nothing is marked delivered before every destination took it. */
  #nothingClaimed(bucket: FingerprintBucket, { source, takings, remembered }: Judged): void {
    for (const { hi, lo, content } of bucket.prints()) {
      remembered.add(`${hi}:${lo}`);
      for (const destination of source.destinations) {
        const { prints, keyPrints } = takings[destination];
        // Where one version of a row is enough, destinations may have different ones.
        const has = source.statusChanges === "every" ? prints.has(`${hi}:${lo}:${content}`) : keyPrints.has(`${hi}:${lo}`);
        assert.ok(has, `${source.name}: a row is marked delivered that "${destination}" never took`);
      }
    }
  }

  /** What was visible when a stretch was read has been taken, and the cursor stands before everything that was not. */
  #everythingTaken(judged: Judged, coverage: Coverage): void {
    const { source, spansChecked, rowsChecked } = judged;
    const cursor = cursorMs(coverage);
    const fresh = coverage.spans.filter((span) => !spansChecked.has(spanId(span)));
    if (fresh.length === 0 && judged.coverage && cursor === cursorMs(judged.coverage)) return;
    for (const row of this.produced(source)) {
      const ms = row.received.ms;
      if (rowsChecked.has(rowKey(row))) continue;
      const span = coverage.spans.find(({ startMs, endMs }) => startMs <= ms && ms < endMs);
      if (ms >= coverage.originMs && ms < cursor) this.#cursorIsRight(row, span, coverage, source);
      if (this.#mustBeTaken(row, span, source)) this.#taken(row, span!, judged);
    }
    for (const span of fresh) spansChecked.add(spanId(span));
  }

  #cursorIsRight(row: TraceRow, span: Span | undefined, coverage: Coverage, source: ScenarioSource): void {
    if (span && span.kind !== "stuck") return;
    const ms = row.received.ms;
    // An operator's rewind or backfill reads again what was delivered once: the cursor may stand behind it.
    if (coverage.backfills.some((backfill) => backfill.again && backfill.startMs <= ms && ms < backfill.endMs)) return;
    assert.fail(`${source.name}: the cursor passed a row that was never read: ${rowKey(row)}`);
  }

  #mustBeTaken(row: TraceRow, span: Span | undefined, source: ScenarioSource): boolean {
    if (span?.kind !== "read" && span?.kind !== "settled") return false;
    const horizonMs = this.horizonMs(source);
    // A settled stretch was read when its newest row had the horizon's age, or later.
    const readMs = span.kind === "read" ? span.readMs : row.received.ms + horizonMs;
    // In the very millisecond the row may have come between two pages.
    const state = stateAt(row, readMs - 1 - this.clockSlackMs);
    if (!state) return false;
    // A held row waits for its final status or the horizon.
    return source.statusChanges !== "final" || readMs - row.received.ms >= horizonMs || FINAL_STATUSES.has(state.status.toLowerCase());
  }

  #taken(row: TraceRow, span: Span, { source, takings, rowsChecked }: Judged): void {
    for (const destination of source.destinations) {
      const when = span.kind === "read" ? `read ${new Date(span.readMs).toISOString()}` : span.kind;
      assert.ok(takings[destination].keys.has(rowKey(row)), `${source.name}: coverage says that a row is delivered (${when}) which "${destination}" never took: ${rowKey(row)}, received ${new Date(row.received.ms).toISOString()}, visible ${new Date(row.visibleAtMs).toISOString()}`);
    }
    rowsChecked.add(rowKey(row));
  }

  horizonMs({ offsetMs, config }: ScenarioSource): number {
    return Number(config["settle_horizon"]) * 1000 + offsetMs;
  }

  /** Rows received until now. */
  produced(source: ScenarioSource): readonly TraceRow[] {
    const { injected, emulator } = this.#outside;
    const known = this.#rows.get(source.api);
    if (known?.atMs === this.#outside.nowMs() && known.injected === injected) return known.rows;
    const rows = [...emulator.produced(tenantIdOf(source))];
    this.#rows.set(source.api, { atMs: this.#outside.nowMs(), injected, rows });
    return rows;
  }
}

export function tenantIdOf(source: ScenarioSource): string {
  return source.api === "graph" ? DEMO_GRAPH_TENANT.tenantId : DEMO_REPORTING_TENANT.tenantId;
}

function spanId(span: Span): string {
  return `${span.kind}${span.startMs}-${span.endMs}-${span.kind === "read" ? span.readMs : ""}`;
}
