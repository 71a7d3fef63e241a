import assert from "node:assert/strict";
import fc from "fast-check";
import { createServerClock } from "../../service/collect/server-clock.js";
import { Worker } from "../../service/collect/worker.js";
import type { Coverage } from "../../service/core/coverage.js";
import { Fault } from "../../service/core/fault.js";
import type { Http } from "../../service/ports.js";
import { clockAtStart, diary, half, HOUR_MS, MemorySink, MemorySource, MemoryStore, MINUTE_MS, PLAN, SECOND_MS, START_MS, stops, through, TURN } from "./doubles.js";

const REQUEST = { method: "GET", url: "https://graph.microsoft.com", timeoutMs: 90_000, bytesMax: 1 } as const;

/** A host whose clock is ahead by `leadMs`, and a server that dates its answers rightly. */
function bench(leadMs: number) {
  const state = { trueMs: START_MS, leadMs };
  const clock = createServerClock({ nowMs: () => state.trueMs + state.leadMs, sleep: async () => undefined });
  const answering = (thereMs: number, backMs: number, date?: string): Http => async () => {
    state.trueMs += thereMs;
    const headers = { date: date ?? new Date(state.trueMs).toUTCString() };
    state.trueMs += backMs;
    return { status: 200, headers, body: new Uint8Array() };
  };
  const ask = (thereMs: number, backMs: number, date?: string) => clock.listening(answering(thereMs, backMs, date))(REQUEST);
  return { state, clock, ask };
}
const ms = fc.integer({ min: 0, max: 90_000 });

describe("collect: server clock", () => {
  it("a host that is right is believed, however slow the answers are", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(ms, ms), { maxLength: 20 }), async (ways) => {
      const { clock, state, ask } = bench(0);
      for (const [there, back] of ways) {
        await ask(there, back);
        assert.equal(clock.nowMs(), state.trueMs);
      }
    }));
  });

  it("a host that is wrong is set right by one answer: never ahead of the truth, behind by no more than the answer took and a second", async () => {
    const leads = fc.oneof(fc.integer({ min: 91_000, max: 12 * HOUR_MS }), fc.integer({ min: -12 * HOUR_MS, max: -91_000 }));
    await fc.assert(fc.asyncProperty(leads, ms, ms, async (lead, there, back) => {
      const { clock, state, ask } = bench(lead);
      await ask(there, back);
      assert.ok(clock.nowMs() <= state.trueMs, `ahead by ${clock.nowMs() - state.trueMs}`);
      assert.ok(clock.nowMs() >= state.trueMs - back - SECOND_MS, `behind by ${state.trueMs - clock.nowMs()}`);
    }));
  });

  it("gets better with quicker answers, and follows a clock that jumps", async () => {
    const { clock, state, ask } = bench(10 * MINUTE_MS);
    await ask(1000, 60_000);
    await ask(10, 20);
    assert.ok(state.trueMs - clock.nowMs() <= 1020, `${state.trueMs - clock.nowMs()}`);
    state.leadMs = 0;
    await ask(10, 20);
    assert.ok(Math.abs(state.trueMs - clock.nowMs()) <= 1020);
  });

  it("does not believe a date that is none, or a day off", async () => {
    const { clock, state, ask } = bench(0);
    for (const date of ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", new Date(START_MS + 30 * HOUR_MS).toUTCString()]) await ask(5, 5, date);
    assert.equal(clock.nowMs(), state.trueMs);
  });
});

describe("collect: a worker whose host is ahead", () => {
  function worker(read: (lead: { ms: number; hostMs: number }, source: MemorySource) => void, offsetMs = 0) {
    const [host, store, source] = [clockAtStart(), new MemoryStore(), new MemorySource()];
    /** What is known of it, and how far ahead the host is. */
    const lead = { ms: 0, hostMs: 10 * MINUTE_MS };
    const clock = {
      nowMs: () => host.nowMs() + lead.hostMs - lead.ms,
      sleep: host.sleep.bind(host),
      get leadMs() {
        return lead.ms;
      },
    };
    read(lead, source);
    const { observe, faults } = diary();
    const throttled: number[] = [];
    const ports = { connect: () => source, sinks: () => new Map([["default", new MemorySink()]]), store, clock, random: half, observe, throttled: async (untilMs: number) => void throttled.push(untilMs - clock.nowMs()) };
    const stop = stops();
    const ended = new Worker(ports, { plan: { ...PLAN, offsetMs, horizonMs: HOUR_MS }, turn: { ...TURN, offsetMs }, originMs: START_MS - HOUR_MS }).run(stop.signals);
    const end = async () => {
      stop.stopping.abort(new Error("stop"));
      await through(host, ended, HOUR_MS);
    };
    return { host, source, store, faults, throttled, end };
  }

  it("covers nothing of the future, and nothing later than its reading began, though the truth comes in the middle of it", async () => {
    const { host, store, end } = worker((lead, source) => {
      const own = source.read.bind(source);
      source.read = async function* (window, signal) {
        lead.ms = 10 * MINUTE_MS;
        yield* own(window, signal);
      };
    });
    await host.runUntil(START_MS + SECOND_MS);
    await end();
    const spans = store.commits.flatMap(({ coverage }) => (coverage as Coverage).spans);
    assert.ok(spans.length > 0);
    for (const span of spans) assert.ok(span.kind === "read" && span.endMs <= START_MS && span.readMs <= START_MS + SECOND_MS, JSON.stringify(span));
    assert.ok((store.commits[0]!.coverage as Coverage).polledMs <= START_MS);
  });

  it("remembers when the reading began, though the host is set right before the rows are delivered", async () => {
    const { host, store, end } = worker((lead, source) => {
      const own = source.read.bind(source);
      source.read = async function* (window, signal) {
        lead.ms = lead.hostMs;
        yield* own(window, signal);
        // Delivery takes its time; somebody sets the clock, and the answer to another source tells of it.
        await host_.sleep(5 * MINUTE_MS);
        Object.assign(lead, { ms: 0, hostMs: 0 });
      };
    });
    const host_ = host;
    await host.runUntil(START_MS + 5 * MINUTE_MS + SECOND_MS);
    await end();
    // What the first reading found lies in what was the future when it began.
    assert.deepEqual((store.commits[0]!.coverage as Coverage).spans, []);
    assert.ok((store.commits[0]!.coverage as Coverage).polledMs <= START_MS);
  });

  it("covers nothing younger than the offset: without settling nobody would look again", async () => {
    const offsetMs = 15 * MINUTE_MS;
    const { host, store, end } = worker((lead, source) => {
      const own = source.read.bind(source);
      source.read = async function* (window, signal) {
        lead.ms = 10 * MINUTE_MS;
        yield* own(window, signal);
      };
    }, offsetMs);
    await host.runUntil(START_MS + SECOND_MS);
    await end();
    const spans = store.commits.flatMap(({ coverage }) => (coverage as Coverage).spans);
    assert.ok(spans.length > 0);
    for (const span of spans) assert.ok(span.endMs <= START_MS - offsetMs, JSON.stringify(span));
  });

  it("reads anew at once, without a word, when a window was refused because it ended in the future", async () => {
    const { host, source, faults, end } = worker((lead, source) => {
      source.failing = ({ endMs }) => {
        if (endMs <= host_.nowMs()) return undefined;
        lead.ms = 10 * MINUTE_MS;
        return new Fault("request-refused", { status: 400 });
      };
    });
    const host_ = host;
    await host.runUntil(START_MS + SECOND_MS);
    assert.deepEqual(faults(), []);
    assert.ok(source.windows.length >= 2 && source.windows.at(-1)!.endMs <= START_MS + SECOND_MS);
    await end();
  });

  it("a request to wait that a mere check gets counts for the tenant as well", async () => {
    const { host, throttled, end } = worker((_lead, source) => {
      source.failing = () => new Fault("server-error");
      source.checkFailing = () => new Fault("throttled", { retryAfterMs: 20 * MINUTE_MS });
    });
    await host.runUntil(START_MS + 5 * MINUTE_MS);
    assert.ok(throttled.includes(20 * MINUTE_MS), JSON.stringify(throttled));
    await end();
  });
});
