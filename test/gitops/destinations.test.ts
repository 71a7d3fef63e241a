/** Destinations that change while workers write. */
import assert from "node:assert/strict";
import { createDestinations, type DestinationSettings } from "../../service/collect/destinations.js";
import { Fault } from "../../service/core/fault.js";
import type { Batch, Clock, Sink } from "../../service/ports.js";

const CLOCK: Clock = { nowMs: () => 0, sleep: (_ms, signal) => new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))) };
const SIGNAL = new AbortController().signal;
const batch = (id: string): Batch => ({ id, lines: ["{}"], bytes: 3, origin: { sourceId: 1, name: "a", fields: {} } });
const settings = (path: string): DestinationSettings => ({ type: "file", config: { path } });
/** Lets everything run that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function bench() {
  const log: string[] = [];
  const held = new Map<string, () => void>();
  const open = (name: string, { config }: DestinationSettings): Sink => {
    const path = String(config["path"]);
    if (path === "refused") throw new Fault("destination-refused", { detail: "no" });
    log.push(`open ${name} ${path}`);
    return {
      limits: { batchBytesMax: path.length, batchRowsMax: 1 },
      check: async () => undefined,
      async write({ id }) {
        log.push(`begin ${id} ${path}`);
        if (id.startsWith("slow")) await new Promise<void>((resolve) => held.set(id, resolve));
        log.push(`end ${id} ${path}`);
        return { sentBytes: 3 };
      },
      close: async () => void log.push(`close ${name} ${path}`),
    };
  };
  return { log, held, open };
}

describe("destinations", () => {
  it("end the writes under way, close, and only then open what takes the place", async () => {
    const { log, held, open } = bench();
    const destinations = createDestinations(new Map([["a", settings("one")]]), open, CLOCK);
    const sink = destinations.sinks.get("a")!;
    const slow = sink.write(batch("slow"), SIGNAL);
    await settle();
    destinations.set(new Map([["a", settings("two")]]));
    // The same object goes on: a turn that holds it writes to the new place.
    assert.equal(destinations.sinks.get("a"), sink);
    const next = sink.write(batch("next"), SIGNAL);
    await settle();
    assert.deepEqual(log, ["open a one", "begin slow one"]);
    held.get("slow")!();
    await Promise.all([slow, next]);
    assert.deepEqual(log, ["open a one", "begin slow one", "end slow one", "close a one", "open a two", "begin next two", "end next two"]);
    assert.equal(sink.limits.batchBytesMax, 3);
    await destinations.close();
    assert.equal(log.at(-1), "close a two");
  });

  it("that did not change are left alone; new ones are there at once, gone ones refuse", async () => {
    const { log, open } = bench();
    const destinations = createDestinations(new Map([["a", settings("one")], ["b", settings("two")]]), open, CLOCK);
    const gone = destinations.sinks.get("b")!;
    destinations.set(new Map([["a", settings("one")], ["c", settings("three")]]));
    assert.deepEqual([...destinations.sinks.keys()], ["a", "c"]);
    await destinations.sinks.get("c")!.write(batch("x"), SIGNAL);
    assert.deepEqual(log, ["open a one", "open b two", "close b two", "open c three", "begin x three", "end x three"]);
    await assert.rejects(gone.write(batch("y"), SIGNAL), (thrown) => thrown instanceof Fault && thrown.code === "destination-unreachable");
  });

  it("swap two places without ever having both open in one", async () => {
    const { log, open } = bench();
    const destinations = createDestinations(new Map([["a", settings("one")], ["b", settings("two")]]), open, CLOCK);
    destinations.set(new Map([["a", settings("two")], ["b", settings("one")]]));
    await Promise.all([...destinations.sinks.values()].map((sink) => sink.write(batch("x"), SIGNAL)));
    assert.deepEqual(log.slice(2, 6), ["close a one", "close b two", "open a two", "open b one"]);
  });

  it("that cannot be opened refuse with the reason until they are mended", async () => {
    const { open } = bench();
    const destinations = createDestinations(new Map(), open, CLOCK);
    destinations.set(new Map([["a", settings("refused")]]));
    await assert.rejects(destinations.sinks.get("a")!.write(batch("x"), SIGNAL), (thrown) => thrown instanceof Fault && thrown.code === "destination-refused");
    destinations.set(new Map([["a", settings("one")]]));
    await destinations.sinks.get("a")!.write(batch("x"), SIGNAL);
  });
});
