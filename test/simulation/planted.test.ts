import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { hunt, PLANTED_SEEDS } from "./hunt.js";
import { PLANTED } from "./planted.js";
import { patched } from "./plot.js";

describe("planted bugs", function () {
  this.timeout(900_000);

  it("are at least fifteen, with names of their own", () => {
    assert.ok(PLANTED.length >= 15);
    assert.equal(new Set(PLANTED.map(({ name }) => name)).size, PLANTED.length);
  });

  it(`are found, every one, within ${PLANTED_SEEDS} seeds`, async () => {
    const found = await hunt(PLANTED, Math.max(2, availableParallelism()), () => undefined);
    assert.deepEqual(PLANTED.filter(({ name }) => !found.has(name)).map(({ name }) => name), []);
  });

  it("fail loudly where they do not fit any more", () => {
    const patch = { file: "core/fold.ts", find: "<=", put: "<" };
    assert.equal(patched("a <= b", patch, "edge"), "a < b");
    assert.throws(() => patched("a < b", patch, "edge"), /"edge" cannot be planted: service\/core\/fold\.ts has 0 places/);
    assert.throws(() => patched("a <= b <= c", patch, "edge"), /has 2 places/);
  });
});
