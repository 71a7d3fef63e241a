import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SNAPSHOTS_DIR, stack } from "./synthesized.js";

/** `UPDATE_SNAPSHOTS=1 npx mocha test/cdktf/snapshot.test.ts` writes them anew; the diff is what a reviewer reads. */
const update = process.env["UPDATE_SNAPSHOTS"] === "1";

describe("snapshots of the Azure stack", () => {
  for (const name of ["small", "standard"] as const) {
    it(`${name} is as it was reviewed`, () => {
      const file = join(SNAPSHOTS_DIR, `${name}.json`);
      const now = `${JSON.stringify(normal(JSON.parse(stack(name).text)), undefined, 2)}\n`;
      if (update) {
        mkdirSync(SNAPSHOTS_DIR, { recursive: true });
        writeFileSync(file, now);
      }
      assert.equal(now, readFileSync(file, "utf8"), `${name} changed: read the difference, then UPDATE_SNAPSHOTS=1`);
    });
  }
});

/** Keys sorted, the CDK's own remarks left out. */
function normal(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(normal);
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([key]) => key !== "//")
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, normal(value)]),
  );
}
