import assert from "node:assert/strict";
import { lookAtSources, watchLateness } from "../../service/lateness-watch.js";
import { LOG_EVENTS } from "../../service/environment.js";
import { createLog } from "../../service/system/log.js";
import { logHappenings } from "../../service/system/tell.js";
import { manualClock } from "../sources/source-ports.js";

const MINUTE_MS = 60_000;
type Watched = Parameters<typeof lookAtSources>[0];

async function rig() {
  const clock = manualClock();
  const lines: Record<string, unknown>[] = [];
  const log = await createLog({ level: "info", pretty: false, destination: { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) } });
  const createdMs = clock.nowMs();
  const source = { record: { id: 7, createdMs, stopping: false, paused: false }, config: { name: "trace", paused: false, pollingIntervalMs: 5 * MINUTE_MS, timeOffsetMs: 0 } };
  const known = [source];
  const app = {
    definitions: { list: () => known },
    operations: { status: async () => ({ frontierMs: createdMs, health: { state: "Error" } }) },
  } as unknown as Watched;
  return { clock, log, lines, app, known, source, createdMs };
}

describe("watch of lateness", () => {
  it("logs a line that alerts find, with what a person needs", async () => {
    const { clock, log, lines, app } = await rig();
    const seen = new Map();
    for (let minute = 0; minute <= 17; minute++) {
      await lookAtSources(app, { clock, log }, seen);
      clock.setMs(clock.nowMs() + MINUTE_MS);
    }
    assert.equal(lines.length, 1);
    const { event, sourceId, source, lateMinutes, state, level } = lines[0]!;
    assert.deepEqual({ event, sourceId, source, lateMinutes, state, level }, { event: LOG_EVENTS.late, sourceId: 7, source: "trace", lateMinutes: 17, state: "Error", level: "error" });
  });

  it("leaves paused sources alone, and forgets those that are gone", async () => {
    const { clock, log, lines, app, known, source } = await rig();
    const seen = new Map();
    clock.setMs(clock.nowMs() + 60 * MINUTE_MS);
    known[0] = { ...source, config: { ...source.config, paused: true } };
    await lookAtSources(app, { clock, log }, seen);
    await lookAtSources(app, { clock, log }, seen);
    assert.equal(seen.size, 0);
    known[0] = source;
    await lookAtSources(app, { clock, log }, seen);
    known.pop();
    await lookAtSources(app, { clock, log }, seen);
    assert.equal(seen.size, 0);
    assert.deepEqual(lines, []);
  });

  it("goes on after a look that failed, and ends with the signal", async () => {
    const { clock, log } = await rig();
    const over = new AbortController();
    let looks = 0;
    const failing = { definitions: { list() {
      looks += 1;
      if (looks === 3) over.abort();
      throw new Error("store");
    } } } as unknown as Watched;
    await watchLateness(failing, { clock, log }, over.signal);
    assert.equal(looks, 3);
  });
});

describe("a gap", () => {
  it("is logged with the event that alerts look for", async () => {
    const { log, lines } = await rig();
    logHappenings(log)({ kind: "gap", sourceId: 7, window: { startMs: 0, endMs: 1000 }, reason: "history" });
    assert.deepEqual([lines[0]?.["event"], lines[0]?.["sourceId"], lines[0]?.["reason"]], [LOG_EVENTS.gap, 7, "history"]);
  });
});
