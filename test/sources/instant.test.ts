import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseInstantMs, plainDate, wholeSecond } from "../../service/sources/ms-exchange-trace-logs/instant.js";

const instantMs = fc.integer({ min: 0, max: 4_102_444_799_999 });

describe("instants of the wire", () => {
  for (const [text, expected] of [
    ["2022-11-29T05:35:08.2652371", "2022-11-29T05:35:08.265Z"],
    ["2022-10-21T17:25:36.969376Z", "2022-10-21T17:25:36.969Z"],
    ["2025-06-13T10:30:00Z", "2025-06-13T10:30:00.000Z"],
    ["2025-06-13T10:30:00", "2025-06-13T10:30:00.000Z"],
    ["2025-11-29T14:22:31.9", "2025-11-29T14:22:31.900Z"],
    ["2025-11-29T14:22:31.09Z", "2025-11-29T14:22:31.090Z"],
    ["2025-11-29T14:22:31.9999999Z", "2025-11-29T14:22:31.999Z"],
    ["2025-06-13T12:30:00+02:00", "2025-06-13T10:30:00.000Z"],
    ["2025-06-13T04:30:00.5-0600", "2025-06-13T10:30:00.500Z"],
    ["/Date(1659020996164)/", "2022-07-28T15:09:56.164Z"],
    ["/Date(1659020996164+0000)/", "2022-07-28T15:09:56.164Z"],
    ["/Date(1659020996164-0700)/", "2022-07-28T15:09:56.164Z"],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(new Date(parseInstantMs(text)).toISOString(), expected));
  }

  for (const value of [
    undefined, null, 5, "", "yesterday", "2025-13-01T00:00:00Z", "2025-02-32T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01",
    "2025-01-01T00:00:00.Z", "2025-01-01T00:00:00ZZ", "0001-01-01T00:00:00", "/Date(-62135596800000)/", "/Date()/", "/Date(1)/ x",
    "2025-01-01T00:00:00Z".padEnd(100_000, "0"),
  ]) {
    it(`gives NaN for ${String(value).slice(0, 40)}`, () => assert.ok(Number.isNaN(parseInstantMs(value))));
  }

  it("reads every ISO form of an instant alike", () => {
    fc.assert(fc.property(instantMs, fc.constantFrom("", "Z"), fc.stringMatching(/^\d{0,4}$/), (atMs, zone, finer) => {
      const iso = new Date(atMs).toISOString().slice(0, -1);
      assert.equal(parseInstantMs(iso + finer + zone), atMs);
    }));
  });

  it("makes verbose dates plain without moving them, and leaves other text alone", () => {
    fc.assert(fc.property(instantMs, (atMs) => assert.equal(parseInstantMs(plainDate(`/Date(${atMs})/`)), atMs)));
    fc.assert(fc.property(fc.string(), (text) => assert.equal(plainDate(text), text)));
    assert.equal(plainDate("/Date(99999999999999999)/"), "/Date(99999999999999999)/");
  });

  it("writes whole seconds, rounded down", () => {
    assert.equal(wholeSecond(Date.parse("2026-01-20T00:00:00.999Z")), "2026-01-20T00:00:00Z");
  });
});
