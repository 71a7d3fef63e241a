import assert from "node:assert/strict";
import fc from "fast-check";
import { settleAges, type SettlingRules } from "../../service/core/settling.js";
import { HOUR_MS, MINUTE_MS, RULES } from "./planned-days.js";

const DAY: SettlingRules = { ...RULES, horizonMs: 24 * HOUR_MS };
const arbitrary = fc.record({
  intervalMs: fc.constantFrom(5000, 5 * MINUTE_MS, HOUR_MS),
  offsetMs: fc.integer({ min: 0, max: 100 * HOUR_MS }),
  settleMs: fc.integer({ min: 1000, max: 14 * 24 * HOUR_MS }),
  rowsPerDay: fc.double({ min: 0, max: 1e8, noNaN: true }),
});

describe("core: settling ages", () => {
  it("grow, begin beyond the offset, and end exactly at the horizon", () => {
    fc.assert(
      fc.property(arbitrary, ({ intervalMs, offsetMs, settleMs, rowsPerDay }) => {
        const horizonMs = offsetMs + settleMs;
        const ages = settleAges({ ...DAY, intervalMs, offsetMs, horizonMs }, rowsPerDay);
        assert.equal(ages.at(-1), horizonMs);
        assert.ok(ages.every((age, at) => age > (ages[at - 1] ?? offsetMs) || (at > 0 && age === ages[at - 1])), "they shrink");
        assert.ok(ages.length >= 1 && ages.length <= 129);
      }),
    );
  });

  it("of a louder tenant are among those of a quieter one: a change of the flow makes nothing due at once", () => {
    fc.assert(
      fc.property(arbitrary, fc.double({ min: 0, max: 1e8, noNaN: true }), ({ intervalMs, offsetMs, settleMs, rowsPerDay }, other) => {
        const rules = { ...DAY, intervalMs, offsetMs, horizonMs: offsetMs + settleMs };
        const [quiet, loud] = [Math.min(rowsPerDay, other), Math.max(rowsPerDay, other)].map((rows) => settleAges(rules, rows));
        // Both are rounded to whole ms on their own.
        for (const age of loud!) assert.ok(quiet!.some((one) => Math.abs(one - age) <= 1), `${age} is new`);
      }),
    );
  });

  it("cost no more requests a day than intended, for a flow that the fewest ages can serve", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 4e6, noNaN: true }), (rowsPerDay) => {
        const readings = settleAges(DAY, rowsPerDay).length - 1;
        assert.ok(readings * (rowsPerDay / DAY.pageRows) <= 6500, `${readings} readings of ${rowsPerDay} rows`);
      }),
    );
  });

  it("are many for a quiet tenant and few for a loud one", () => {
    const counts = [10_000, 1_000_000, 5_000_000].map((rows) => settleAges(DAY, rows).length);
    assert.deepEqual(counts, [129, 33, 9]);
  });

  it("are none where settling is off", () => {
    assert.deepEqual(settleAges({ ...DAY, horizonMs: 0 }, 1000), []);
  });

  it("are the horizon alone where it is shorter than the polling interval", () => {
    assert.deepEqual(settleAges({ ...DAY, horizonMs: MINUTE_MS }, 1000), [MINUTE_MS]);
  });
});
