import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { play, type Outcome } from "./pool.js";
import { PLANTED_SEEDS } from "./hunt.js";
import { PLANTED } from "./planted.js";
import { patched } from "./plot.js";

describe("planted bugs", function () {
  this.timeout(900_000);

  it("are at least fifteen, with names of their own", () => {
    assert.ok(PLANTED.length >= 15);
    assert.equal(new Set(PLANTED.map(({ name }) => name)).size, PLANTED.length);
  });

  it("are found, every one, by the seeds that are known to find them (to look for new ones: npm run simulate -- --planted)", async () => {
    assert.ok(PLANTED.every(({ foundBy }) => foundBy > 0 && foundBy <= PLANTED_SEEDS));
    const asked = PLANTED.map(({ name, foundBy }) => ({ seed: foundBy, bug: name }));
    const missed: string[] = [];
    const note = ({ bug, broken }: Outcome) => void (broken === undefined && missed.push(bug ?? ""));
    await play({ workers: Math.max(2, availableParallelism()), next: () => asked.shift(), done: note });
    assert.deepEqual(missed, []);
  });

  it("fit, every one", async () => {
    for (const { name, patches } of PLANTED) {
      for (const patch of patches) assert.doesNotThrow(() => patched(readFileSync(new URL(`../../service/${patch.file}`, import.meta.url), "utf8"), patch, name));
    }
  });

  it("fail loudly where they do not fit any more", () => {
    const patch = { file: "core/fold.ts", find: "<=", put: "<" };
    assert.equal(patched("a <= b", patch, "edge"), "a < b");
    assert.throws(() => patched("a < b", patch, "edge"), /"edge" cannot be planted: service\/core\/fold\.ts has 0 places/);
    assert.throws(() => patched("a <= b <= c", patch, "edge"), /has 2 places/);
  });
});
