/** What must be true at each commit and at the end, whatever happened. */
import assert from "node:assert/strict";
import { spansIn, type Coverage } from "../../service/core/coverage.js";
import { fingerprint, FingerprintBucket } from "../../service/core/fingerprints.js";
import type { Emulator } from "../../service/emulator/emulator.js";
import type { TakenLine } from "../../service/emulator/ledger.js";
import { stateAt, rowKey } from "../../service/emulator/trace-row.js";
import type { Commit, Store } from "../../service/ports.js";
import { rowsOf } from "../../service/sources/ms-exchange-trace-logs/record.js";
import { DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT } from "../../service/emulator/demo-tenants.js";
import type { Scenario, ScenarioSource } from "./scenario.js";

export class Invariants {
  readonly #emulator: Emulator;
  readonly #scenario: Scenario;
  #broken: unknown;
  /** Lines that may come again: their answer was lost, or their commit died or failed. By index in the ledger. */
  #excusedUntil = new Map<string, number>();
  readonly #excused = new Set<TakenLine>();
  /** Per source: lines of the receiver seen so far, as prints and as keys. */
  readonly #taken = new Map<string, { count: number; prints: Set<string>; keys: Set<string> }>();
  readonly #checkedSpans = new Map<number, Set<string>>();
  #skewed = false;

  constructor(emulator: Emulator, scenario: Scenario) {
    this.#emulator = emulator;
    this.#scenario = scenario;
    this.#skewed = scenario.acts.some((act) => act.kind === "clock");
  }

  rethrow(): void {
    if (this.#broken) throw this.#broken;
  }

  stray(request: { url: string }): void {
    this.#broken ??= new Error(`a request went to another origin: ${request.url}`);
  }

  /** At a death, or a commit that fails, what the receiver has but the store does not know may come again. */
  died(): void {
    this.#excuseOpen();
  }
  commitFailed(): void {
    this.#excuseOpen();
  }
  #excuseOpen(): void {
    for (const source of this.#scenario.sources) {
      const from = this.#excusedUntil.get(source.name) ?? 0;
      for (const line of this.#lines(source.name).slice(from)) this.#excused.add(line);
    }
  }
  /** A source that is deleted and made again reads everything again. */
  deleted(name: string): void {
    for (const line of this.#lines(name)) this.#excused.add(line);
    this.#taken.get(name)?.prints.clear();
  }
  calm(): void {
    this.#excuseOpen();
  }

  async committed(sourceId: number, source: ScenarioSource, commit: Commit, store: Store, skewMs: number): Promise<void> {
    try {
      const salt = await store.fingerprintSalt();
      const taken = this.#update(source, salt);
      for (const { blob } of commit.buckets) this.#nothingClaimed(FingerprintBucket.decode(blob), taken.prints, source);
      this.#everythingRead(sourceId, source, commit.coverage as Coverage, taken.keys, skewMs);
      this.#excusedUntil.set(source.name, this.#lines(source.name).length);
    } catch (thrown) {
      this.#broken ??= thrown;
    }
  }

  /** Nothing is marked delivered before the receiver took it. */
  #nothingClaimed(bucket: FingerprintBucket, taken: ReadonlySet<string>, source: ScenarioSource): void {
    for (const { hi, lo, content } of bucket.prints()) {
      assert.ok(taken.has(`${hi}:${lo}:${content}`), `${source.name}: a row is marked delivered that the receiver never took`);
    }
  }

  /** Whatever was visible when a stretch was read has been taken. Held rows (status_changes: final) may wait. */
  #everythingRead(sourceId: number, source: ScenarioSource, coverage: Coverage, taken: ReadonlySet<string>, skewMs: number): void {
    if (source.config["status_changes"] === "final" || this.#skewed) return;
    const checked = this.#checkedSpans.get(sourceId) ?? new Set<string>();
    this.#checkedSpans.set(sourceId, checked);
    const fresh = coverage.spans.filter((span) => span.kind === "read" && !checked.has(`${span.startMs}-${span.endMs}-${span.readMs}`));
    if (fresh.length === 0) return;
    for (const span of fresh) if (span.kind === "read") checked.add(`${span.startMs}-${span.endMs}-${span.readMs}`);
    for (const row of this.#emulator.produced(tenantId(source))) {
      const [span] = spansIn({ ...coverage, spans: fresh }, { startMs: row.received.ms, endMs: row.received.ms + 1 });
      if (span?.kind !== "read" || !stateAt(row, span.readMs - skewMs)) continue;
      assert.ok(taken.has(rowKey(row)), `${source.name}: coverage says that a row is delivered which the receiver never took: ${rowKey(row)}`);
    }
  }

  atEnd(): void {
    const status = this.#emulator.status();
    assert.equal(status.codesRedeemedAgain, 0, "an authorization code was redeemed twice");
    for (const tenant of status.tenants) {
      if (!this.#skewed) assert.ok(tenant.quota.peak <= 80, `the budget of 80 requests per 300 s was exceeded: ${tenant.quota.peak}`);
    }
    for (const source of this.#scenario.sources) this.#complete(source);
  }

  /** Everything the API showed within the horizon has arrived, in its last state, and no more often than explained. */
  #complete(source: ScenarioSource): void {
    const lines = this.#lines(source.name);
    const statusChanges = source.config["status_changes"];
    const result = this.#emulator.compare({ tenantId: tenantId(source), deliveredLines: lines, horizonMs: this.#scenario.horizonMs, final: statusChanges === "every" });
    const explain = `${source.name} (${String(statusChanges)}): ${JSON.stringify(result)}`;
    assert.equal(result.lost, 0, explain);
    assert.equal(result.finalWrong, 0, explain);
    assert.equal(result.unexpected, 0, explain);
    this.#explained(source, lines, explain);
  }

  #explained(source: ScenarioSource, lines: readonly TakenLine[], explain: string): void {
    const lost = new Set(this.#emulator.ledger.requests().filter((request) => request.outcome === "lost").map((request) => request.serial));
    const before = new Map<string, TakenLine>();
    for (const line of lines) {
      const id = line.key;
      const earlier = before.get(id);
      const same = earlier && (earlier.content === line.content || source.config["status_changes"] !== "every");
      if (same) assert.ok(lost.has(earlier.request) || this.#excused.has(earlier), `a repeat without a lost answer or a crash: ${id}; ${explain}`);
      before.set(id, line);
    }
  }

  #update(source: ScenarioSource, salt: string) {
    const known = this.#taken.get(source.name) ?? { count: 0, prints: new Set<string>(), keys: new Set<string>() };
    this.#taken.set(source.name, known);
    const lines = this.#lines(source.name);
    for (const line of lines.slice(known.count)) {
      const { collector: _ours, ...plain } = JSON.parse(line.text!) as Record<string, unknown>;
      const [row] = rowsOf([plain]);
      const print = fingerprint(salt, row!.key, `${row!.status}\n${row!.version}`);
      known.prints.add(`${print.hi}:${print.lo}:${print.content}`);
      known.keys.add(line.key);
    }
    known.count = lines.length;
    return known;
  }

  #lines(name: string): readonly TakenLine[] {
    return [...this.#emulator.ledger.taken({ name })];
  }
}

function tenantId(source: ScenarioSource): string {
  return source.tenant === 0 ? DEMO_GRAPH_TENANT.tenantId : DEMO_REPORTING_TENANT.tenantId;
}
