import assert from "node:assert/strict";
import fc from "fast-check";
import { BUCKET_MS, bucketStartMs, fingerprint, FingerprintBucket, type Entry } from "../../service/core/fingerprints.js";

const FIRST_KEYS_AT = 1028;

/** Few keys, so that they meet; the first byte at its ends and between, the rest at word edges. */
const entries: fc.Arbitrary<Entry> = fc.record({
  hi: fc.constantFrom(0, 1, 0xff_ffff, 0x100_0000, 0x7fff_ffff, 0x8000_0000, 0xff00_0000, 0xffff_ffff),
  lo: fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  content: fc.integer({ min: 0, max: 2 ** 22 - 1 }),
  status: fc.constantFrom("delivered", "pending", "", "teleported"),
  firstSeenAgeMs: fc.constantFrom(0, 60_000, 86_400_000),
});

describe("core: fingerprints", () => {
  it("remember what a map would: every key, the latest content, the first sight", () => {
    fc.assert(
      fc.property(fc.array(fc.array(entries, { maxLength: 30 }), { maxLength: 6 }), entries, (pages, other) => {
        let bucket = FingerprintBucket.empty();
        const model = new Map<string, { content: number; status: string; ageMs: number }>();
        for (const page of pages) {
          bucket = FingerprintBucket.decode(Uint8Array.from(bucket.with(page).blob));
          const before = new Map(model);
          for (const entry of page) {
            const key = `${entry.hi}:${entry.lo}`;
            model.set(key, { content: entry.content, status: entry.status === "teleported" ? "?" : entry.status, ageMs: before.get(key)?.ageMs ?? entry.firstSeenAgeMs });
          }
        }
        assert.equal(bucket.size, model.size);
        assert.equal(bucket.blob.byteLength, FIRST_KEYS_AT + 11 * model.size);
        const prints = [...bucket.prints()];
        assert.deepEqual(new Set(prints.map(({ hi, lo }) => `${hi}:${lo}`)), new Set(model.keys()));
        assert.ok(prints.every((print, at) => at === 0 || prints[at - 1]!.hi < print.hi || (prints[at - 1]!.hi === print.hi && prints[at - 1]!.lo < print.lo)), "not ascending");
        for (const print of [...prints, other]) {
          const expected = model.get(`${print.hi}:${print.lo}`);
          const found = bucket.find(print);
          assert.deepEqual(found && { content: found.content, status: found.status }, expected && { content: expected.content, status: expected.status });
          if (found && expected) assert.ok(Math.abs(found.firstSeenAgeMs - expected.ageMs) <= 0.1 * expected.ageMs, `${found.firstSeenAgeMs} for ${expected.ageMs}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("find every one of 100,000 rows, and none that was never delivered", () => {
    const of = (at: number): Entry => ({ ...fingerprint("salt", { key: `${at}|somebody@example.com`, status: "delivered", version: "v1" }), status: "delivered", firstSeenAgeMs: 30_000 });
    let bucket = FingerprintBucket.empty();
    for (let page = 0; page < 20; page++) bucket = bucket.with(Array.from({ length: 5000 }, (_, at) => of(page * 5000 + at)));
    assert.equal(bucket.size, 100_000);
    assert.ok(bucket.blob.byteLength / 100_000 < 11.02);
    for (let at = 0; at < 100_000; at += 7) assert.equal(bucket.find(of(at))?.content, of(at).content);
    for (let at = 100_000; at < 105_000; at++) assert.equal(bucket.find(of(at)), undefined);
  });

  it("leave the bucket as it was: one that was handed out does not change", () => {
    const one = FingerprintBucket.empty().with([{ hi: 1, lo: 2, content: 3, status: "pending", firstSeenAgeMs: 0 }]);
    const before = Uint8Array.from(one.blob);
    one.with([{ hi: 1, lo: 2, content: 4, status: "delivered", firstSeenAgeMs: 0 }]);
    assert.deepEqual(one.blob, before);
  });

  it("refuse what is no bucket: no look-up leaves the blob", () => {
    const good = FingerprintBucket.empty().with([{ hi: 1, lo: 2, content: 3, status: "pending", firstSeenAgeMs: 0 }]).blob;
    const damaged = (change: (blob: Uint8Array) => void) => {
      const copy = Uint8Array.from(good);
      change(copy);
      return copy;
    };
    const garbage: Uint8Array[] = [new Uint8Array(), new Uint8Array(5), good.subarray(0, -1), good.subarray(0, -11), damaged((blob) => (blob[0] = 9)), damaged((blob) => blob.fill(255, 4, 8)), damaged((blob) => blob.fill(0, 1024, 1028))];
    for (const [at, blob] of garbage.entries()) assert.throws(() => FingerprintBucket.decode(blob), RangeError, `case ${at}`);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: FIRST_KEYS_AT, maxLength: FIRST_KEYS_AT + 40 }), fc.nat(0xffff_ffff), (blob, hi) => {
        blob[0] = 1;
        try {
          FingerprintBucket.decode(blob).find({ hi, lo: 0, content: 0 });
        } catch (thrown) {
          assert.match((thrown as Error).message, /fingerprint bucket/);
        }
      }),
    );
  });

  it("fingerprint the recipient and the content, salted", () => {
    const seen = { key: "1|a@x", status: "pending", version: "v1" };
    const print = fingerprint("salt", seen);
    assert.deepEqual(fingerprint("salt", { ...seen }), print);
    assert.notDeepEqual(fingerprint("salt", { ...seen, key: "1|b@x" }), print);
    for (const change of [{ version: "v2" }, { status: "delivered" }]) {
      const other = fingerprint("salt", { ...seen, ...change });
      assert.ok(other.hi === print.hi && other.lo === print.lo && other.content !== print.content, JSON.stringify(change));
    }
    assert.notEqual(fingerprint("pepper", seen).hi, print.hi);
  });

  it("buckets begin on quarters of an hour", () => {
    assert.equal(bucketStartMs(BUCKET_MS), BUCKET_MS);
    assert.equal(bucketStartMs(2 * BUCKET_MS - 1), BUCKET_MS);
  });
});
