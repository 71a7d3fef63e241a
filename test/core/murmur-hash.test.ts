import assert from "node:assert/strict";
import fc from "fast-check";
import { murmurHash } from "../../service/core/murmur-hash.js";

describe("core: murmur hash", () => {
  it("is MurmurHash3_x86_32: the vectors that implementations are checked with", () => {
    const vectors: [string, number, number][] = [
      ["", 0, 0], ["", 1, 0x514e28b7], ["", 0xffffffff, 0x81f16f39], ["\0\0\0\0", 0, 0x2362f9de],
      ["aaaa", 0x9747b28c, 0x5a97808a], ["aaa", 0x9747b28c, 0x283e0130], ["aa", 0x9747b28c, 0x5d211726], ["a", 0x9747b28c, 0x7fa09ea6],
      ["abcd", 0x9747b28c, 0xf0478627], ["abc", 0x9747b28c, 0xc84a62dd], ["Hello, world!", 0x9747b28c, 0x24884cba],
      ["ππππππππ", 0x9747b28c, 0xd58063c1], ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
    ];
    for (const [text, seed, hash] of vectors) assert.equal(murmurHash(text, seed).toString(16), hash.toString(16), text);
  });

  it("of a text does not depend on what was hashed before it, however long that was", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ unit: "binary", maxLength: 9000, size: "max" }), (text, before) => {
      const alone = murmurHash(text);
      murmurHash(before);
      assert.equal(murmurHash(text), alone);
    }), { numRuns: 200 });
  });

  it("tells almost all small changes of a row apart in 22 bits", () => {
    const hashes = new Set(Array.from({ length: 20_000 }, (_, at) => murmurHash(`delivered\n"size":${at},"toIP":"10.0.${at & 255}.${at >> 8}"`) & 0x3fffff));
    // 20,000 of 4.2 million places: about 48 meet by chance.
    assert.ok(hashes.size > 20_000 - 120, `${20_000 - hashes.size} collisions`);
  });
});
