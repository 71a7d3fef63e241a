import assert from "node:assert/strict";
import fc from "fast-check";
import { allowance, grantAtMs, pause, PURPOSES, spend, withoutAhead, type BudgetRecord, type BudgetRules } from "../../service/core/budget.js";
import { retryAfterMs } from "../../service/core/retry-after.js";

const NOW_MS = Date.parse("2026-11-22T12:00:00Z");
const RULES: BudgetRules = { quota: { requests: 100, perMs: 300_000 }, reserve: 0.2 };
const EMPTY: BudgetRecord = { timesMs: [], pausedUntilMs: 0 };

describe("core: budget", () => {
  it("in any running interval there are never more requests than allowed, whatever their order and purpose", () => {
    const asks = fc.array(fc.record({ purpose: fc.constantFrom(...PURPOSES), afterMs: fc.oneof(fc.constant(0), fc.nat(5000), fc.nat(400_000)) }), { minLength: 20, maxLength: 250 });
    const rules = fc.record({ quota: fc.record({ requests: fc.integer({ min: 1, max: 100 }), perMs: fc.constantFrom(1000, 300_000) }), reserve: fc.constantFrom(0, 0.2, 0.9) });
    fc.assert(
      fc.property(rules, asks, (rules, all) => {
        let record = EMPTY;
        let nowMs = NOW_MS;
        const sent: number[] = [];
        for (const { purpose, afterMs } of all) {
          nowMs = grantAtMs(record, rules, purpose, nowMs + afterMs);
          assert.equal(grantAtMs(record, rules, purpose, nowMs), nowMs, "what is granted at an instant is granted when it comes");
          record = spend(record, rules, nowMs);
          sent.push(nowMs);
          const within = sent.filter((time) => time > nowMs - rules.quota.perMs).length;
          assert.ok(within <= allowance(rules, purpose), `${within} for ${purpose}`);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("leaves the reserve to the administrators, and a little to each more urgent purpose; one request is always allowed", () => {
    assert.deepEqual(PURPOSES.map((purpose) => allowance(RULES, purpose)), [80, 76, 72, 60]);
    assert.deepEqual(PURPOSES.map((purpose) => allowance({ quota: { requests: 1, perMs: 1000 }, reserve: 0.9 }, purpose)), [1, 1, 1, 1]);
  });

  it("without a quota everything is granted, but for a pause", () => {
    const free: BudgetRules = { quota: undefined, reserve: 0.2 } as unknown as BudgetRules;
    assert.equal(grantAtMs(EMPTY, free, "backfill", NOW_MS), NOW_MS);
    assert.equal(grantAtMs(pause(EMPTY, NOW_MS + 5), free, "new", NOW_MS), NOW_MS + 5);
  });

  it("a pause holds everybody; the longer one counts, and it passes", () => {
    const paused = pause(pause(EMPTY, NOW_MS + 9000), NOW_MS + 4000);
    for (const purpose of PURPOSES) assert.equal(grantAtMs(paused, RULES, purpose, NOW_MS), NOW_MS + 9000);
    assert.equal(grantAtMs(paused, RULES, "new", NOW_MS + 9001), NOW_MS + 9001);
  });

  it("the record keeps as many times as the quota has requests, however old they look, and no more", () => {
    for (const requests of [1, 2, 100]) {
      let record = EMPTY;
      for (let at = 0; at < 500; at++) record = spend(record, { quota: { requests, perMs: 300_000 }, reserve: 0 }, NOW_MS + at * 10_000);
      assert.equal(record.timesMs.length, requests);
      assert.equal(record.timesMs.at(-1), NOW_MS + 499 * 10_000);
    }
  });

  it("a clock that was put back holds nobody longer than one interval", () => {
    let record = EMPTY;
    for (let at = 0; at < 80; at++) record = spend(record, RULES, NOW_MS + at);
    const earlierMs = NOW_MS - 86_400_000;
    const seen = withoutAhead({ record, sinceMs: undefined }, RULES, earlierMs);
    assert.deepEqual(seen, { record, sinceMs: earlierMs });
    assert.equal(grantAtMs(seen.record, RULES, "new", earlierMs), earlierMs + 301_000);
    assert.equal(withoutAhead(seen, RULES, earlierMs + 300_999).record, record);
    assert.deepEqual(withoutAhead(seen, RULES, earlierMs + 301_000), { record: EMPTY, sinceMs: undefined });
    assert.deepEqual(withoutAhead({ record, sinceMs: undefined }, RULES, NOW_MS + 79), { record, sinceMs: undefined });
    assert.equal(withoutAhead(seen, RULES, earlierMs - 5000).sinceMs, earlierMs - 5000, "put back once more");
  });

  it("a clock that was put back and is set right again has forgotten no request", () => {
    let record = EMPTY;
    for (let at = 0; at < 80; at++) record = spend(record, RULES, NOW_MS + at);
    const behind = withoutAhead({ record, sinceMs: undefined }, RULES, NOW_MS - 600_000);
    const right = withoutAhead(behind, RULES, NOW_MS + 1000);
    assert.equal(grantAtMs(right.record, RULES, "new", NOW_MS + 1000), NOW_MS + 301_000);
  });
});

describe("core: Retry-After", () => {
  const table: [string | undefined, number | undefined][] = [
    ["120", 120_000],
    [" 0 ", 0],
    ["1.5", 1500],
    ["99999999999999", 366 * 86_400_000],
    ["Sun, 22 Nov 2026 12:02:00 GMT", 120_000],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["Sunday, 22-Nov-26 12:02:00 GMT", 120_000],
    [undefined, undefined],
    ["", undefined],
    ["-5", undefined],
    ["soon", undefined],
    ["May 7", undefined],
    ["Xyz, 99 Foo 2026 99:99:99 GMT", undefined],
    ["9".repeat(500), undefined],
  ];
  for (const [header, expected] of table) it(`${(header ?? "absent").slice(0, 40)} asks for ${expected ?? "nothing that can be read"}`, () => assert.equal(retryAfterMs(header, NOW_MS), expected));
});
