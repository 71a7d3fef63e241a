import assert from "node:assert/strict";
import { createQuota } from "../../service/collect/quota.js";
import { createSupervisor } from "../../service/collect/supervisor.js";
import type { KnownSource, WiringPorts } from "../../service/collect/wiring.js";
import { cursorMs } from "../../service/core/coverage.js";
import type { Identity, SourceConfig, SourcePorts } from "../../service/ports.js";
import { row } from "../core/rows.js";
import { clockAtStart, diary, half, HOUR_MS, idle, MemorySink, MemorySource, MemoryStore, MINUTE_MS, SOURCE_ID, START_MS, through } from "./doubles.js";

const GRACE_MS = 8000;
const CONFIG = {
  generation: "2.0", name: "Exchange", fields: {}, clientId: "c", tenantId: "T", clientSecret: "s", pollingIntervalMs: 5 * MINUTE_MS, timeOffsetMs: 0, api: "graph", cloud: "global",
  start: { backMs: 5 * MINUTE_MS }, destinations: ["default"], paused: false, settleHorizonMs: 0, statusChanges: "every", annotate: false, catchUp: "oldest", budgetReserve: 0.2,
} as const satisfies SourceConfig;

function bench() {
  const [store, api, sink, clock] = [new MemoryStore(), new MemorySource(), new MemorySink(), clockAtStart()];
  api.rows = [row("m|x", START_MS - MINUTE_MS)];
  const requests = new Map<string, { timesMs: readonly number[]; pausedUntilMs: number }>();
  const quota = createQuota({ clock, store: { requests: async (key) => requests.get(key) ?? { timesMs: [], pausedUntilMs: 0 }, saveRequests: async (key, record) => void requests.set(key, record) } });
  let connected: SourcePorts | undefined;
  const asked: unknown[] = [];
  const identity: Identity = { accessToken: async (credentials) => (asked.push(credentials), "token") };
  const sourceType: KnownSource["sourceType"] = {
    slug: "test", type: "Test", aliases: [], limits: { graph: { ...api.limits, quota: { requests: 100, perMs: 300_000 } }, reporting: api.limits },
    connect: (_config, ports) => ((connected = ports), api),
  };
  const hostsOf = () => ({ login: "https://login.test", graph: "https://graph.test", reporting: "https://reporting.test", graphAudience: "https://graph.test", reportingAudience: "https://reporting.test" });
  const ports = { clock, random: half, http: () => assert.fail("no request"), identity, quota, hostsOf, store, sinks: new Map([["default", sink]]), observe: diary().observe, salt: "salt" } as WiringPorts;
  const known = (config: Partial<SourceConfig> = {}, record: object = {}): KnownSource => ({
    record: { id: SOURCE_ID, collectorId: 1, revision: 1, schemaRef: { type: "Test" }, config: {}, secrets: {}, createdMs: START_MS, changedMs: START_MS, paused: false, stopping: false, ...record },
    config: { ...CONFIG, ...config },
    sourceType,
  });
  return { supervisor: createSupervisor(ports), store, api, sink, clock, requests, asked, known, connected: () => connected! };
}

describe("collect: supervisor", () => {
  it("runs a source, tells its state, and stops it at once while it waits", async () => {
    const { supervisor, sink, clock, known } = bench();
    const source = known();
    supervisor.start(source);
    supervisor.start(source);
    await clock.runUntil(START_MS + MINUTE_MS);
    assert.equal(sink.lines.length, 1);
    const state = await supervisor.state(source);
    assert.deepEqual([state.health.phase, state.totals.rowsDelivered, state.paused], ["Collecting", 1, false]);
    assert.ok(state.nextMs > clock.nowMs());
    const before = clock.nowMs();
    await supervisor.stop(SOURCE_ID, GRACE_MS);
    assert.equal(clock.nowMs(), before);
    assert.deepEqual((await supervisor.state(source)).totals.rowsDelivered, 1, "a stopped source's state is the store's");
  });

  it("stops within the grace time, also while a destination hangs; the rows go out after the next start", async () => {
    const { supervisor, sink, clock, known, store } = bench();
    sink.judge = (_batch, _attempt, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    supervisor.start(known());
    await clock.runUntil(START_MS + MINUTE_MS);
    const stoppedMs = clock.nowMs();
    await through(clock, supervisor.stopAll(GRACE_MS), HOUR_MS);
    assert.ok(clock.nowMs() - stoppedMs <= GRACE_MS + 10_000);
    assert.deepEqual([sink.attempts, sink.lines, store.kept.size], [1, [], 0]);
    sink.judge = () => undefined;
    supervisor.start(known());
    await clock.runUntil(clock.nowMs() + MINUTE_MS);
    await supervisor.stopAll(GRACE_MS);
    assert.equal(sink.lines.length, 1);
  });

  it("a stop lets the attempt under way end within the grace time: nothing is repeated afterwards", async () => {
    const { supervisor, sink, clock, known } = bench();
    let taken: () => void = () => assert.fail("no attempt");
    sink.judge = () => new Promise((resolve) => (taken = resolve));
    supervisor.start(known());
    await idle();
    const stopped = supervisor.stop(SOURCE_ID, GRACE_MS);
    taken();
    await through(clock, stopped, MINUTE_MS);
    sink.judge = () => undefined;
    supervisor.start(known());
    await clock.runUntil(clock.nowMs() + MINUTE_MS);
    await supervisor.stopAll(GRACE_MS);
    assert.equal(sink.lines.length, 1);
  });

  it("does not run what is paused or being deleted", async () => {
    const { supervisor, api, clock, known } = bench();
    for (const source of [known({ paused: true }), known({}, { paused: true }), known({}, { stopping: true })]) {
      supervisor.start(source);
      await clock.runUntil(clock.nowMs() + 10 * MINUTE_MS);
    }
    assert.deepEqual(api.windows, []);
    assert.equal((await supervisor.state(known({ paused: true }))).health.phase, "Initialized");
    assert.equal((await supervisor.state(known({}, { stopping: true }))).health.phase, "Stopping");
  });

  it("applies a change to a source that does not run", async () => {
    const { supervisor, known, store } = bench();
    const source = known({ paused: true });
    await supervisor.edit(source, { change: (coverage) => ({ ...coverage, originMs: START_MS - HOUR_MS }) });
    assert.equal(cursorMs((await supervisor.state(source)).coverage), START_MS - HOUR_MS);
    assert.equal(store.revision, 1);
  });

  it("wires the tenant's one budget and the credentials of the API", async () => {
    const { supervisor, known, connected, requests, asked, clock } = bench();
    supervisor.start(known());
    await clock.runUntil(START_MS + 1000);
    const { signal } = new AbortController();
    await connected().permit(signal);
    assert.equal(await connected().accessToken(signal), "token");
    await supervisor.stopAll(GRACE_MS);
    assert.deepEqual([...requests].map(([key, { timesMs }]) => [key, timesMs.length]), [["graph|global|t", 1]]);
    const { audience, endpoint, tenantId } = asked[0] as Record<string, string>;
    assert.deepEqual([audience, endpoint, tenantId], ["https://graph.test", "v2", "T"]);
  });
});
