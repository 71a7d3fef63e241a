import assert from "node:assert/strict";
import { cover, emptyCoverage, markGap, markStuck } from "../../service/core/coverage.js";
import { NO_TOTALS } from "../../service/collect/journal.js";
import { WorkerStopped } from "../../service/collect/worker.js";
import { logged, NOW_MS, openBench, post, type Bench, type Reply } from "./harness.js";

const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(NOW_MS + hours * HOUR_MS).toISOString();
const window = (from: number, to: number) => ({ startMs: NOW_MS + from * HOUR_MS, endMs: NOW_MS + to * HOUR_MS });

describe("web: progress", () => {
  let bench: Bench;
  let id: number;
  let path: string;
  beforeEach(async () => {
    bench = await openBench();
    ({ id, path } = await post(bench));
    let coverage = emptyCoverage(NOW_MS - 10 * HOUR_MS);
    coverage = cover(coverage, window(-10, -6), NOW_MS, 4000);
    coverage = markGap(coverage, window(-6, -5), "given-up", NOW_MS);
    coverage = cover(coverage, window(-4, -1), NOW_MS, 3000);
    coverage = markStuck(coverage, window(-4, -3), NOW_MS + HOUR_MS, "bad-link");
    bench.states.set(id, { coverage, totals: { ...NO_TOTALS, rowsDelivered: 7000, rowsLate: 12, lastDeliveredMs: NOW_MS - 1000 }, nextMs: NOW_MS + 60_000 });
  });
  afterEach(() => bench.close());

  it("shows the status with times in ISO and lengths in seconds", async () => {
    const { status } = (await bench.send("GET", `${path}/status`)).json as { status: Record<string, unknown> };
    assert.deepEqual(status, {
      id,
      name: "MS Exchange Trace Logs",
      state: { state: "Pending" },
      paused: false,
      cursor: at(-5),
      frontier: at(-1),
      settledUntil: at(-10),
      lagSeconds: 5 * 3600,
      nextPoll: "2026-11-22T13:01:00.000Z",
      debt: { seconds: 0, rows: 0, requests: 0 },
      gapSeconds: 3600,
      stuckSeconds: 3600,
      backfills: [],
      totals: { rowsRead: 0, rowsDelivered: 7000, rowsLate: 12, rowsChanged: 0, windows: 0, pages: 0, lastDelivered: "2026-11-22T12:59:59.000Z" },
      destinations: ["default"],
    });
  });

  it("shows coverage as stretches without holes: all of it, or the part that is asked for", async () => {
    const { coverage } = (await bench.send("GET", `${path}/coverage`)).json as { coverage: { seconds: object; stretches: { from: string; to: string; state: string; reason?: string }[] } };
    assert.deepEqual(coverage.stretches.map(({ from, to, state, reason }) => [from, to, state, reason]), [
      [at(-10), at(-6), "read", undefined],
      [at(-6), at(-5), "gap", "given-up"],
      [at(-5), at(-4), "unread", undefined],
      [at(-4), at(-3), "stuck", "bad-link"],
      [at(-3), at(-1), "read", undefined],
      [at(-1), at(0), "unread", undefined],
    ]);
    assert.deepEqual(coverage.seconds, { settled: 0, read: 6 * 3600, unread: 2 * 3600, gap: 3600, stuck: 3600 });
    const part = (await bench.send("GET", `${path}/coverage?from=${at(-7)}&to=${encodeURIComponent("2026-11-22T09:00:00+02:00")}`)).json as { coverage: { from: string; to: string; stretches: { state: string }[] } };
    assert.deepEqual([part.coverage.from, part.coverage.to, part.coverage.stretches.map(({ state }) => state)], [at(-7), at(-6), ["read"]]);
  });

  it("refuses bounds that are no instants, or in the wrong order", async () => {
    for (const query of ["from=yesterday", "to=2026-11-22", "from=2026-11-22T10:00:00", "from=2026-13-01T00:00:00Z", `from=${at(-1)}&to=${at(-2)}`, `from=${at(1)}`]) {
      const reply = await bench.send("GET", `${path}/coverage?${query}`);
      assert.deepEqual([reply.status, (reply.json as { code: string }).code], [400, "request.invalid"], query);
    }
  });

  it("accepts a backfill, shows its progress, and cancels it", async () => {
    const reply = await bench.send("POST", `${path}/backfill`, { body: { from: at(-30), to: at(-20) } });
    assert.equal(reply.status, 202, reply.text);
    const { backfill } = reply.json as { backfill: { id: string; from: string; to: string; again: boolean } };
    assert.deepEqual([backfill.from, backfill.to, backfill.again], [at(-30), at(-20), false]);
    const shown = await statusOf();
    assert.deepEqual(shown.backfills.map((one) => [one.id, one.leftSeconds]), [[backfill.id, 36_000]]);
    assert.equal((await bench.send("DELETE", `${path}/backfill/${backfill.id}`)).status, 200);
    assert.deepEqual((await statusOf()).backfills, []);
    assert.equal((await bench.send("DELETE", `${path}/backfill/${backfill.id}`)).status, 404);
  });

  it("rewinds and gives up stretches, and keeps both as events", async () => {
    const rewound = await bench.send("POST", `${path}/rewind`, { body: { to: at(-8) } });
    assert.deepEqual([rewound.status, rewound.json], [202, { rewind: { asked: at(-8), cursor: at(-8) } }]);
    assert.equal((await statusOf()).cursor, at(-8));
    const gaveUp = await bench.send("POST", `${path}/give-up`, { body: { from: at(-9), to: at(-7) } });
    assert.deepEqual([gaveUp.status, gaveUp.json], [202, { giveUp: { asked: { from: at(-9), to: at(-7) }, lost: [{ from: at(-8), to: at(-7) }] } }]);
    assert.equal((await statusOf()).gapSeconds, 3600);
    const { events } = (await bench.send("GET", `${path}/events?limit=1`)).json as { events: object[] };
    assert.deepEqual(events, [{ at: at(0), kind: "rewind", detail: { from: at(-8), to: at(0) } }]);
  });

  it("refuses what no window can be, all faults at once", async () => {
    const cases: [string, unknown, string[]][] = [
      ["backfill", {}, ["/from", "/to"]],
      ["backfill", undefined, ["/from", "/to"]],
      ["backfill", { form: at(-2), to: 5, again: "yes" }, ["/form", "/from", "/to", "/again"]],
      ["backfill", { from: at(-2), to: at(-3) }, ["/to"]],
      ["backfill", { from: "1999-01-01T00:00:00Z", to: "1999-01-02T00:00:00Z" }, ["/from"]],
      ["rewind", { to: at(5) }, ["/to"]],
      ["rewind", [], [""]],
      ["give-up", { from: at(-1) }, ["/to"]],
    ];
    for (const [below, body, pointers] of cases) {
      const reply = await bench.send("POST", `${path}/${below}`, { body });
      assert.equal(reply.status, 400, reply.text);
      assert.deepEqual((reply.json as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer), pointers, `${below} ${JSON.stringify(body)}`);
    }
    assert.equal((await bench.send("GET", `${path}/events?limit=0`)).status, 400);
  });

  it("does not hang when the worker is busy: it answers 202 pending, and the change comes later", async () => {
    let release = () => undefined as void;
    bench.supervisor.held = new Promise((resolve) => (release = resolve));
    const asked = bench.send("POST", `${path}/backfill`, { body: { from: at(-30), to: at(-20) } });
    await bench.clock.asleep();
    bench.clock.ring();
    const reply = await asked;
    assert.equal(reply.status, 202);
    assert.deepEqual((reply.json as { pending: object }).pending, { from: at(-30), to: at(-20), again: false });
    release();
    bench.supervisor.held = undefined;
    assert.equal((await statusOf()).backfills.length, 1);
  });

  it("logs a change that failed after it was accepted", async () => {
    let fail = (_reason: Error) => undefined as void;
    bench.supervisor.held = new Promise((_resolve, reject) => (fail = reject));
    const asked = bench.send("POST", `${path}/rewind`, { body: { to: at(-8) } });
    await bench.clock.asleep();
    bench.clock.ring();
    assert.equal((await asked).status, 202);
    fail(new Error("disk on fire"));
    const entry = await logged(bench, ({ thrown }) => thrown !== undefined);
    assert.match(String(entry.thrown), /disk on fire/);
  });

  it("says try again when the worker was stopped in between", async () => {
    bench.supervisor.held = Promise.reject(new WorkerStopped());
    bench.supervisor.held.catch(() => undefined);
    const reply: Reply = await bench.send("POST", `${path}/rewind`, { body: { to: at(-8) } });
    assert.deepEqual([reply.status, reply.headers["retry-after"]], [503, "1"]);
  });

  async function statusOf(): Promise<{ cursor: string; gapSeconds: number; backfills: { id: string; leftSeconds: number }[] }> {
    return ((await bench.send("GET", `${path}/status`)).json as { status: never }).status;
  }
});
