import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import * as fc from "fast-check";
import { Fault } from "../../service/core/fault.js";
import { SINK_TYPES } from "../../service/sinks/registry.js";
import { batchOf, BENCHES, type Bench } from "./fixtures.js";

const never = new AbortController().signal;
const numbered = (from: number, count: number) => Array.from({ length: count }, (_, i) => JSON.stringify({ n: from + i, text: "x".repeat(40) }));

describe("sink registry", () => {
  it("lists every file of the folder, and nothing else", async () => {
    const names = (await readdir(new URL("../../service/sinks", import.meta.url))).filter((name) => name.endsWith(".ts") && name !== "registry.ts");
    assert.deepEqual(SINK_TYPES.map(({ type }) => `${type}.ts`), names.toSorted());
  });
});

for (const { type } of SINK_TYPES) {
  describe(`sink contract: ${type}`, () => {
    let bench: Bench;
    beforeEach(async () => {
      const make = BENCHES[type];
      assert.ok(make, `test/sinks/fixtures.ts has no bench for ${type}`);
      bench = await make();
    });
    afterEach(async () => {
      bench.behave("work");
      await bench.sink.close();
      await bench.close();
    });

    it("delivers every line once and in order", async () => {
      for (let i = 0; i < 10; i += 1) {
        const receipt = await bench.sink.write(batchOf(numbered(i * 20, 20)), never);
        assert.ok(receipt.sentBytes > 0);
        assert.equal(receipt.warning, undefined);
      }
      assert.deepEqual(await bench.lines(), numbered(0, 200));
    });

    it("keeps batches of two sources whole when they write at once", async () => {
      const batches = Array.from({ length: 8 }, (_, i) => numbered(i * 100, 7));
      await Promise.all(batches.map((lines) => bench.sink.write(batchOf(lines), never)));
      const lines = await bench.lines();
      assert.deepEqual(lines.toSorted(), batches.flat().toSorted());
      for (const batch of batches) {
        const at = lines.indexOf(batch[0]!);
        assert.deepEqual(lines.slice(at, at + batch.length), batch);
      }
    });

    it("delivers UTF-8 exactly", async () => {
      const texts = ["é ß 漢字", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u2028 \u2029 \u0085 \u00a0 \ufeff", "\ud800 lone", "\u0000\u0007\t\"\\", "עברית"];
      const sent = texts.map((text) => JSON.stringify({ text }));
      await bench.sink.write(batchOf(sent), never);
      assert.deepEqual(await bench.lines(), sent);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 5 }), async (some) => {
          const lines = some.map((text) => JSON.stringify({ text }));
          await bench.sink.write(batchOf(lines), never);
          assert.deepEqual((await bench.lines()).slice(-lines.length), lines);
        }),
        { numRuns: 25 },
      );
    });

    it("takes an empty batch without sending anything", async () => {
      assert.deepEqual(await bench.sink.write(batchOf([]), never), { sentBytes: 0 });
      assert.deepEqual(await bench.lines().catch(() => []), []);
    });

    it("checks without leaving a row", async () => {
      await bench.sink.check(never);
      assert.deepEqual(await bench.lines(), []);
    });

    it("rejects with the reason when aborted before, and sends nothing", async () => {
      const reason = new Error("stopping");
      await assert.rejects(bench.sink.write(batchOf(numbered(0, 1)), AbortSignal.abort(reason)), (error) => error === reason);
      await assert.rejects(bench.sink.check(AbortSignal.abort(reason)), (error) => error === reason);
      assert.deepEqual(await bench.lines().catch(() => []), []);
    });

    it("rejects with the reason when aborted while the destination hangs, then works again", async () => {
      bench.behave("stick");
      const reason = new Error("stopping");
      const abort = new AbortController();
      const write = bench.sink.write(batchOf(numbered(0, 1)), abort.signal);
      await Promise.all([bench.stuck().then(() => abort.abort(reason)), assert.rejects(write, (error) => error === reason)]);
      bench.behave("work");
      await bench.sink.write(batchOf(numbered(7, 2)), never);
      assert.deepEqual((await bench.lines()).slice(-2), numbered(7, 2));
    });

    it("faults with a destination fault and works again after it", async () => {
      await bench.sink.write(batchOf(numbered(0, 2)), never);
      bench.behave("fail");
      for (let i = 0; i < 2; i += 1) {
        await assert.rejects(bench.sink.write(batchOf(numbered(2, 2)), never), (error) => error instanceof Fault && error.code.startsWith("destination-"));
      }
      bench.behave("work");
      await bench.sink.write(batchOf(numbered(2, 2)), never);
      assert.deepEqual(await bench.lines(), numbered(0, 4));
    });

    it("finishes what was begun before close", async () => {
      const writes = [0, 10, 20].map((from) => bench.sink.write(batchOf(numbered(from, 3)), never));
      await bench.sink.close();
      await Promise.all(writes);
      assert.equal((await bench.lines()).length, 9);
    });
  });
}
