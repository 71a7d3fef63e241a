import assert from "node:assert/strict";
import { assert as check, integer, property, string, uint8Array } from "fast-check";
import { createSealer, parseEncryptionKey, type Place } from "../../service/store/sealer.js";
import { Fault } from "../../service/core/fault.js";
import { fault } from "./harness.js";

const KEY = new Uint8Array(32).fill(1);
const PLACE: Place = ["grants", "tenant|app", "grant"];
const thrownBy = (work: () => unknown): Fault => {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("sealer", () => {
  it("opens what it sealed, whatever it is", () => {
    check(property(uint8Array({ minLength: 32, maxLength: 32 }), string({ unit: "grapheme" }), (key, clear) => {
      const sealed = createSealer(key).seal(PLACE, clear);
      assert.match(sealed, /^v1:[0-9a-f]{8}:[\w-]+$/);
      assert.equal(createSealer(key).open(PLACE, sealed), clear);
    }));
  });

  it("opens a value that an earlier version sealed", () => {
    const sealer = createSealer(KEY, (count) => new Uint8Array(count).fill(2));
    const sealed = "v1:72cd6e84:AgICAgICAgICAgICc76saTkyoo-2uPQSidGfhq3S-N13ylwox8M";
    assert.equal(sealer.seal(PLACE, "the secret"), sealed);
    assert.equal(createSealer(KEY).open(PLACE, sealed), "the secret");
  });

  it("seals the same value differently each time", () => {
    const sealer = createSealer(KEY);
    assert.notEqual(sealer.seal(PLACE, "same"), sealer.seal(PLACE, "same"));
  });

  it("does not open a value at another table, row or column", () => {
    const sealer = createSealer(KEY);
    const sealed = sealer.seal(["a", "b", "c"], "secret");
    for (const place of [["x", "b", "c"], ["a", "x", "c"], ["a", "b", "x"], ["a", "b\",\"c", ""], ["ab", "", "c"]] as Place[]) {
      assert.ok(fault("store-failed", /altered or moved/)(thrownBy(() => sealer.open(place, sealed))));
    }
  });

  it("does not open a value with any one bit changed", () => {
    const sealer = createSealer(KEY);
    const sealed = sealer.seal(PLACE, "secret");
    const [version = "", keyId = "", payload = ""] = sealed.split(":");
    const bytes = Buffer.from(payload, "base64url");
    check(property(integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      fault("store-failed", /altered or moved/)(thrownBy(() => sealer.open(PLACE, `${version}:${keyId}:${changed.toString("base64url")}`)));
    }));
    for (const broken of ["", "secret", "v2:x:y", "v1:", `v1:${keyId}:`, `v1:${keyId}:AAAA`]) {
      fault("store-failed", /altered or moved/)(thrownBy(() => sealer.open(PLACE, broken)));
    }
  });

  it("says which key is missing when another sealed the value, without the value", () => {
    const sealed = createSealer(new Uint8Array(32).fill(9)).seal(PLACE, "secret");
    const thrown = thrownBy(() => createSealer(KEY).open(PLACE, sealed));
    assert.ok(fault("key-wrong", /COLLECTOR_ENCRYPTION_KEY.*encryption\.key/)(thrown));
    assert.equal(thrown.remedy, "configure");
  });

  it("takes keys of 32 bytes only", () => {
    const base64 = Buffer.from(KEY).toString("base64");
    assert.deepEqual(parseEncryptionKey(` ${base64}\n`), KEY);
    assert.deepEqual(parseEncryptionKey(base64.replace("=", "")), KEY);
    for (const text of ["", "short", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64"), `${base64} ${base64}`, "!".repeat(43)]) {
      assert.equal(parseEncryptionKey(text), undefined, text);
    }
    fault("key-wrong", /31 bytes/)(thrownBy(() => createSealer(new Uint8Array(31))));
  });
});
