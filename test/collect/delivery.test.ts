import assert from "node:assert/strict";
import { deliver, DeliveryStopped, parcels, type Outgoing, type Parcel } from "../../service/collect/delivery.js";
import { outgoing, rowId } from "../../service/collect/annotate.js";
import { keyPrint, versionPrint } from "../../service/collect/takes.js";
import { Fault } from "../../service/core/fault.js";
import { fold } from "../../service/core/fold.js";
import { row } from "../core/rows.js";
import { clockAtStart, diary, half, HOUR_MS, idle, MemorySink, SOURCE_ID, START_MS, stops, through, TURN } from "./doubles.js";

function rows(count: number, change: object = {}): Outgoing[] {
  const window = { startMs: START_MS - HOUR_MS, endMs: START_MS };
  const shown = Array.from({ length: count }, (_, at) => row(`m${at}|x`, window.endMs - 1 - at, change)).toReversed();
  return fold(shown.toReversed(), window, new Map(), { ...TURN.fold, readBefore: false }, START_MS).map((fresh) => outgoing(fresh));
}
const texts = (all: readonly Outgoing[]) => all.map(({ line }) => line);
const takenOf = (all: readonly Outgoing[]) => new Map(all.map(({ fresh }) => [keyPrint(fresh), versionPrint(fresh)]));

function bench(sinks: Record<string, MemorySink>, taken: Parcel["taken"] = new Map(), everyVersion = true) {
  const clock = clockAtStart();
  const { happenings, observe } = diary();
  const setbacks: [string, number][] = [];
  const watch = { setback: (fault: Fault, nextTryMs: number) => void setbacks.push([fault.code, nextTryMs - clock.nowMs()]) };
  const stop = stops();
  const send = (all: readonly Outgoing[]) =>
    deliver({ id: "b1", rows: all, origin: TURN.origin, sinks: new Map(Object.entries(sinks)), taken, everyVersion }, { clock, random: half, observe }, watch, stop.signals);
  return { clock, happenings, setbacks, stop, send };
}

describe("collect: parcels", () => {
  const sized = (bytesMax: number, rowsMax: number) => Object.assign(new MemorySink(), { limits: { batchBytesMax: bytesMax, batchRowsMax: rowsMax } });
  const sizes = (all: readonly Outgoing[], ...sinks: MemorySink[]) => [...parcels(all, new Map(sinks.map((sink, at) => [`${at}`, sink])))].map((parcel) => parcel.length);

  it("hold what the strictest destination takes, in bytes with line feeds and in rows, in order, nothing left out", () => {
    const all = rows(10);
    const { bytes } = all[0]!;
    assert.equal(bytes, Buffer.byteLength(all[0]!.line) + 1);
    assert.deepEqual(sizes(all, sized(4 * bytes, 100), sized(1e6, 5)), [4, 4, 2]);
    assert.deepEqual(sizes(all, sized(4 * bytes - 1, 100)), [3, 3, 3, 1]);
    assert.deepEqual(sizes(all, sized(1e6, 5)), [5, 5]);
    assert.deepEqual([...parcels(all, new Map([["a", sized(1e6, 3)]]))].flat(), all);
    assert.deepEqual(sizes([], sized(1, 1)), []);
  });

  it("of one row are made even of a row that is too large: the destination shall judge", () => {
    assert.deepEqual(sizes(rows(2), sized(5, 100)), [1, 1]);
  });
});

describe("collect: the line", () => {
  it("is the API's row as it is, or with the collector's object at its end", () => {
    const [plain] = rows(1);
    assert.equal(plain!.line, plain!.fresh.row.text);
    const annotated = outgoing(plain!.fresh, { tenantId: TURN.tenantId, batchId: "7-1" });
    assert.ok(annotated.line.startsWith(plain!.line.slice(0, -1)));
    assert.deepEqual((JSON.parse(annotated.line) as { collector: object }).collector, { id: rowId(TURN.tenantId.toUpperCase(), "m0|x"), kind: "new", firstSeen: "2026-11-22T12:00:00.000Z", batch: "7-1" });
    const empty = outgoing({ ...plain!.fresh, row: { ...plain!.fresh.row, text: "{}" }, kind: "changed", statusBefore: "pending" }, { tenantId: "t", batchId: "b" });
    assert.equal((JSON.parse(empty.line) as { collector: { statusBefore: string } }).collector.statusBefore, "pending");
  });
});

describe("collect: delivery", () => {
  it("gives every row to every destination, once", async () => {
    const sinks = { a: new MemorySink(), b: new MemorySink() };
    const { send, happenings } = bench(sinks);
    const all = rows(5);
    await send(all);
    for (const sink of Object.values(sinks)) assert.deepEqual(sink.lines, texts(all));
    assert.deepEqual(happenings.map((one) => one.kind === "delivered" && [one.destination, one.rows, one.sourceId]), [["a", 5, SOURCE_ID], ["b", 5, SOURCE_ID]]);
  });

  it("halves what is too large until it fits, keeps the order, and sends nothing twice", async () => {
    const sink = new MemorySink();
    sink.judge = ({ lines }) => {
      if (lines.length > 2) throw new Fault("destination-too-large");
    };
    const { send, setbacks } = bench({ sink });
    const all = rows(11);
    await send(all);
    assert.deepEqual(sink.lines, texts(all));
    assert.ok(sink.batches.every(({ lines, bytes }) => lines.length <= 2 && bytes === lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)));
    assert.deepEqual(setbacks, [], "halving is no setback");
  });

  it("retries for ever with growing waits, and starts the waits anew after a success", async () => {
    const sink = new MemorySink();
    sink.judge = (_batch, attempt) => {
      if (attempt <= 12) throw new Fault(attempt === 11 ? "destination-refused" : "destination-error");
    };
    const { clock, send, setbacks } = bench({ sink });
    await through(clock, send(rows(3)), 24 * HOUR_MS);
    assert.equal(sink.lines.length, 3);
    assert.deepEqual(setbacks.map(([, waitMs]) => waitMs), [750, 1500, 3000, 6000, 12_000, 24_000, 48_000, 96_000, 192_000, 225_000, 300_000, 225_000]);
    assert.equal(setbacks[10]![0], "destination-refused");
  });

  it("one row that is too large is retried like any fault, not halved for ever", async () => {
    const sink = new MemorySink();
    sink.judge = (_batch, attempt) => {
      if (attempt <= 2) throw new Fault("destination-too-large");
    };
    const { clock, send, setbacks } = bench({ sink });
    await through(clock, send(rows(1)), HOUR_MS);
    assert.deepEqual([setbacks.length, sink.lines.length], [2, 1]);
  });

  it("does not repeat to a destination what it took while another one fails", async () => {
    const [good, bad] = [new MemorySink(), new MemorySink()];
    bad.judge = (_batch, attempt) => {
      if (attempt <= 5) throw new Fault("destination-unreachable");
    };
    const { clock, send } = bench({ good, bad });
    await through(clock, send(rows(4)), HOUR_MS);
    assert.deepEqual([good.attempts, good.lines.length, bad.lines.length], [1, 4, 4]);
  });

  it("stopped while one has taken and another has not: says who took what, and nothing is repeated afterwards", async () => {
    const [good, bad] = [new MemorySink(), new MemorySink()];
    bad.judge = ({ lines }) => {
      if (lines.length > 2) throw new Fault("destination-too-large");
      if (bad.batches.length > 0) throw new Fault("destination-error");
    };
    const all = rows(4);
    const first = bench({ good, bad });
    const work = first.send(all);
    await idle();
    first.stop.stopping.abort(new Error("stop"));
    const stopped = await work.then(() => assert.fail("it ended"), (thrown: unknown) => thrown);
    assert.ok(stopped instanceof DeliveryStopped);
    assert.deepEqual(stopped.taken.get("good"), takenOf(all));
    assert.deepEqual(stopped.taken.get("bad"), takenOf(all.slice(0, 2)));
    bad.judge = () => undefined;
    await bench({ good, bad }, stopped.taken).send(all);
    assert.deepEqual([good.lines, bad.lines], [texts(all), texts(all)]);
  });

  for (const everyVersion of [true, false]) {
    it(`a row that changed after one destination took it goes to that one ${everyVersion ? "as well: each version counts" : "no more: one version is enough"}`, async () => {
      const [has, lacks] = [new MemorySink(), new MemorySink()];
      const before = rows(2, { version: "before" });
      const after = rows(2, { version: "after" });
      await bench({ has, lacks }, new Map([["has", takenOf(before)]]), everyVersion).send(after);
      assert.deepEqual([has.lines, lacks.lines], [everyVersion ? texts(after) : [], texts(after)]);
    });
  }

  it("a version that comes back after another one was taken is delivered again", async () => {
    const sink = new MemorySink();
    const [before, after] = [rows(1, { version: "before" }), rows(1, { version: "after" })];
    await bench({ sink }, new Map([["sink", new Map([...takenOf(before), ...takenOf(after)])]])).send(before);
    assert.deepEqual(sink.lines, texts(before));
  });

  it("a stop lets the attempt under way end, and counts it", async () => {
    const sink = new MemorySink();
    let answer: () => void = () => assert.fail("no attempt");
    sink.judge = () => new Promise((resolve) => (answer = resolve));
    const { send, stop } = bench({ sink });
    const work = send(rows(2));
    await idle();
    stop.stopping.abort(new Error("stop"));
    answer();
    await work;
    assert.equal(sink.lines.length, 2);
  });

  it("an abort ends the attempt under way; nothing is assumed of it", async () => {
    const sink = new MemorySink();
    sink.judge = (_batch, _attempt, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    const { send, stop } = bench({ sink });
    const work = send(rows(2));
    await idle();
    stop.stopping.abort(new Error("stop"));
    stop.aborting.abort(new Error("abort"));
    const stopped = await work.then(() => undefined, (thrown: unknown) => thrown as DeliveryStopped);
    assert.equal(stopped?.taken.get("sink")?.size, 0);
  });

  it("passes a destination's warning on", async () => {
    const sink = new MemorySink();
    sink.write = async ({ bytes }) => ({ sentBytes: bytes, warning: "odd timestamps" });
    const { send, happenings } = bench({ sink });
    await send(rows(1));
    assert.ok(happenings.some((one) => one.kind === "delivered" && one.warning === "odd timestamps"));
  });
});
