import assert from "node:assert/strict";
import { BUCKET_MS, bucketStartMs, FingerprintBucket, TIMELESS_BUCKET_MS } from "../../service/core/fingerprints.js";
import { fold, remember, type Buckets, type FoldRules } from "../../service/core/fold.js";
import type { Row } from "../../service/core/model.js";
import { kinds, row } from "./rows.js";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_700_000_000_000;
const WINDOW = { startMs: NOW_MS - HOUR_MS, endMs: NOW_MS };
const AT = NOW_MS - 600_000;
const RULES: FoldRules = { salt: "salt", statusChanges: "every", horizonMs: 24 * HOUR_MS, readBefore: false };

/** Folds pages one after the other, each delivered; answers what came out of the last. */
function folded(pages: readonly { rows: readonly Row[]; nowMs?: number; rules?: Partial<FoldRules> }[]): string[] {
  let buckets: Buckets = new Map();
  let out: string[] = [];
  for (const { rows, nowMs = NOW_MS, rules = {} } of pages) {
    const fresh = fold(rows, WINDOW, buckets, { ...RULES, ...rules }, nowMs);
    out = kinds(fresh);
    buckets = new Map([...buckets, ...remember(fresh, buckets, () => FingerprintBucket.empty())]);
  }
  return out;
}
const once = (change: Partial<Row> = {}) => [row("a|x", AT, change)];

describe("core: fold", () => {
  it("delivers a new row once, oldest first", () => {
    assert.deepEqual(folded([{ rows: [row("b|x", AT + 1), row("a|x", AT)] }]), ["a|x new", "b|x new"]);
    assert.deepEqual(folded([{ rows: once() }, { rows: once() }]), []);
  });

  it("calls a row late that is new where everything was read before", () => {
    assert.deepEqual(folded([{ rows: once(), rules: { readBefore: true } }]), ["a|x late"]);
  });

  it("keeps recipients of one message apart", () => {
    assert.deepEqual(folded([{ rows: once() }, { rows: [row("a|y", AT), row("a|x", AT)] }]), ["a|y new"]);
  });

  const table: [string, FoldRules["statusChanges"], Partial<Row>, Partial<Row>, string[]][] = [
    ["a status that changed", "every", { status: "pending" }, { status: "delivered" }, ["a|x changed (pending)"]],
    ["a content that changed", "every", { version: "v1" }, { version: "v2" }, ["a|x changed (delivered)"]],
    ["nothing that changed", "every", { status: "pending" }, { status: "pending" }, []],
    ["a status that this version does not know", "every", { status: "teleported" }, { status: "delivered" }, ["a|x changed (?)"]],
    ["the same unknown status again", "every", { status: "teleported" }, { status: "teleported" }, []],
    ["one unknown status after another", "every", { status: "teleported" }, { status: "beamed" }, ["a|x changed (?)"]],
    ["a changed status, of no interest", "off", { status: "pending" }, { status: "delivered" }, []],
    ["a changed content, of no interest", "off", { version: "v1" }, { version: "v2" }, []],
    ["a status that became final", "final", { status: "pending" }, { status: "delivered" }, ["a|x new"]],
    ["a status that is not final", "final", { status: "gettingstatus" }, { status: "pending" }, []],
    ["a final status that changed", "final", { status: "failed" }, { status: "delivered" }, []],
  ];
  for (const [what, statusChanges, first, second, expected] of table) {
    it(`${statusChanges}: ${what}`, () => {
      assert.deepEqual(folded([{ rows: once(first), rules: { statusChanges } }, { rows: once(second), rules: { statusChanges } }]), expected);
    });
  }

  it("final: holds a row until its horizon, then delivers it whatever its status, once", () => {
    const rules = { statusChanges: "final" as const };
    const held = { rows: once({ status: "pending" }), rules };
    assert.deepEqual(folded([held]), []);
    assert.deepEqual(folded([held, { ...held, nowMs: AT + RULES.horizonMs - 1 }]), []);
    assert.deepEqual(folded([held, { ...held, nowMs: AT + RULES.horizonMs }]), ["a|x new"]);
    assert.deepEqual(folded([{ ...held, nowMs: AT + RULES.horizonMs }, { rows: once(), rules, nowMs: AT + RULES.horizonMs + 1 }]), []);
  });

  it("final without settling: delivers at once, for nothing would be read again", () => {
    assert.deepEqual(folded([{ rows: once({ status: "pending" }), rules: { statusChanges: "final", horizonMs: 0 } }]), ["a|x new"]);
  });

  it("drops rows outside the window: start inclusive, end exclusive", () => {
    const rows = [WINDOW.endMs, WINDOW.endMs - 1, WINDOW.startMs, WINDOW.startMs - 1].map((timeMs, at) => row(`r${at}`, timeMs));
    assert.deepEqual(folded([{ rows }]), ["r2 new", "r1 new"]);
  });

  it("takes the first sight of a row on a page: it is the latest", () => {
    assert.deepEqual(folded([{ rows: [...once({ status: "delivered" }), ...once({ status: "pending" })] }]), ["a|x new"]);
    const page = { rows: [...once({ status: "delivered" }), ...once({ status: "pending" })] };
    assert.deepEqual(folded([{ rows: once({ status: "pending" }) }, page]), ["a|x changed (pending)"]);
    assert.deepEqual(folded([page, page]), [], "an older sight further down came back");
  });

  it("a row without a time belongs to the window that shows it, is remembered for ever, and delivered once", () => {
    const timeless = [row("t|x", Number.NaN)];
    assert.equal(bucketStartMs(Number.NaN), TIMELESS_BUCKET_MS);
    assert.deepEqual(folded([{ rows: timeless }]), ["t|x new"]);
    assert.deepEqual(folded([{ rows: timeless }, { rows: timeless, nowMs: NOW_MS + 90 * 24 * HOUR_MS }]), []);
  });

  it("knows when a changed row was first seen, within a tenth of its age", () => {
    for (const ageMs of [1000, 30_000, 600_000, 6 * HOUR_MS, 20 * HOUR_MS]) {
      const seenMs = AT + ageMs;
      const [first] = fold(once({ status: "pending" }), WINDOW, new Map(), RULES, seenMs);
      assert.equal(first?.firstSeenMs, seenMs);
      const buckets = remember([first!], new Map(), () => FingerprintBucket.empty());
      const [changed] = fold(once(), WINDOW, buckets, RULES, NOW_MS + 23 * HOUR_MS);
      assert.ok(Math.abs(changed!.firstSeenMs - seenMs) <= 0.1 * ageMs + 500, `${changed!.firstSeenMs - seenMs} ms off at the age ${ageMs}`);
      const again = remember([changed!], buckets, () => FingerprintBucket.empty());
      const [third] = fold(once({ status: "failed" }), WINDOW, again, RULES, NOW_MS + 23 * HOUR_MS);
      assert.equal(third?.firstSeenMs, changed!.firstSeenMs, "the first sight moved with a change");
    }
  });

  it("remembers each row in the bucket of its received time, and changes no other", () => {
    const edge = Math.ceil(WINDOW.startMs / BUCKET_MS) * BUCKET_MS;
    const fresh = fold([row("b", edge), row("a", edge - 1)], WINDOW, new Map(), RULES, NOW_MS);
    const changed = remember(fresh, new Map([[0, FingerprintBucket.empty()]]), () => FingerprintBucket.empty());
    assert.deepEqual([...changed].map(([startMs, { size }]) => [startMs, size]), [[edge - BUCKET_MS, 1], [edge, 1]]);
  });

  it("fingerprints depend on the store's salt", () => {
    const of = (salt: string) => fold(once(), WINDOW, new Map(), { ...RULES, salt }, NOW_MS)[0]!.entry;
    assert.notDeepEqual(of("one"), of("other"));
  });
});
