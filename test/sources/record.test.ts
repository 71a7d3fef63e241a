import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { Fault } from "../../service/core/fault.js";
import { rowsOf } from "../../service/sources/ms-exchange-trace-logs/record.js";

const sample = (name: string): string => readFileSync(new URL(`../fixtures/samples/${name}`, import.meta.url), "utf8");
const one = (row: unknown) => rowsOf([row])[0]!;
const GRAPH = JSON.parse(sample("graph-record-elastic.json")) as Record<string, unknown>;
const REPORTING = JSON.parse(sample("legacy-light-records-elastic.ndjson").split("\n")[0]!) as Record<string, unknown>;
const VERBOSE = JSON.parse(sample("legacy-verbose-records-sekoia.ndjson").split("\n")[1]!) as Record<string, unknown>;

/** JSON objects as JSON.parse makes them: with any names, "__proto__" and numbers among them. */
const jsonObject = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "0", "7", "id", "Subject", "toString")), fc.jsonValue())
  .map((fields) => JSON.parse(JSON.stringify(fields)) as Record<string, unknown>);

describe("record: a row of the API", () => {
  it("reads a Graph row", () => {
    const row = one(GRAPH);
    assert.equal(row.key, "a1b2c3d4-e5f6-7890-abcd-ef1234567890|dan.o'connor@elastic595.onmicrosoft.com");
    assert.equal(row.timeMs, Date.parse("2025-11-29T14:22:31.109Z"));
    assert.equal(row.status, "delivered");
    assert.ok(row.text.startsWith('{"receivedDateTime":"2025-11-29T14:22:31.109Z","fromIP":'), row.text);
    assert.deepEqual(JSON.parse(row.text), GRAPH);
  });

  it("reads a light reporting row", () => {
    const row = one(REPORTING);
    assert.equal(row.key, "cf7a249a-5edd-4350-130a-08da8f69e0f6|linus@contoso.com");
    assert.equal(row.timeMs, Date.parse("2022-09-05T18:10:13.490Z"));
    assert.ok(row.text.startsWith('{"Received":"2022-09-05T18:10:13.4907658",'), row.text);
    assert.deepEqual(JSON.parse(row.text), REPORTING);
  });

  it("reads a verbose reporting row, with its dates made plain", () => {
    const row = one(VERBOSE);
    assert.equal(row.timeMs, 1_661_344_992_170);
    assert.deepEqual(JSON.parse(row.text), {
      ...VERBOSE, Received: "2022-08-24T12:43:12.170Z", StartDate: "2022-08-24T12:42:17.835Z", EndDate: "2022-08-24T12:43:17.835Z",
    });
  });

  it("leaves a subject that looks like a date alone", () => {
    assert.equal((JSON.parse(one({ ...VERBOSE, Subject: "/Date(1)/" }).text) as { Subject: string }).Subject, "/Date(1)/");
  });

  it("has the same version when only echoes of the query or the status differ", () => {
    const again = { Index: 7, ...REPORTING, StartDate: "2022-09-04T00:00:00Z", EndDate: "x", Status: "Failed", __metadata: { id: "2" }, "@odata.type": "y" };
    assert.equal(one({ ...again, Index: 9 }).version, one(REPORTING).version);
    assert.equal(one({ "@odata.type": "#microsoft.graph.exchangeMessageTrace", ...GRAPH, status: "pending" }).version, one(GRAPH).version);
  });

  for (const field of Object.keys(GRAPH).filter((name) => name !== "status")) {
    it(`has another version when ${field} differs`, () => {
      assert.notEqual(one({ ...GRAPH, [field]: "other" }).version, one(GRAPH).version);
    });
  }

  it("gives rows that lack an id or a recipient distinct keys that stay", () => {
    const { id: _id, ...noId } = GRAPH;
    const { recipientAddress: _recipient, ...noRecipient } = GRAPH;
    const { messageId: _messageId, ...nothing } = noRecipient;
    const rows = [GRAPH, noId, noRecipient, { ...noRecipient, toIP: "203.0.113.9" }, nothing, { ...nothing, id: null }, {}];
    assert.equal(new Set(rows.map((row) => one(row).key)).size, rows.length);
    assert.equal(one(noId).key, `message:${String(GRAPH["messageId"])}|dan.o'connor@elastic595.onmicrosoft.com`);
    for (const row of rows) assert.equal(one({ ...row, status: "pending" }).key, one(row).key);
  });

  it("refuses a row that is no object", () => {
    for (const value of [null, 1, "x", []]) {
      assert.throws(() => rowsOf([GRAPH, value]), (thrown) => thrown instanceof Fault && thrown.code === "bad-answer");
    }
  });

  it("never loses a field, whatever its name and value, and writes one line", () => {
    fc.assert(fc.property(jsonObject, fc.boolean(), (fields, timed) => {
      const row = timed ? { ...fields, receivedDateTime: "2025-06-13T10:30:00Z" } : fields;
      const { text } = one(JSON.parse(JSON.stringify(row)));
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(row)));
      assert.ok(!/[\r\n]/.test(text));
      if (timed) assert.ok(text.startsWith('{"receivedDateTime":"2025-06-13T10:30:00Z"'), text);
    }));
  });

  it("keeps the order of all fields but the received time", () => {
    fc.assert(fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/)), fc.nat(20), (names, place) => {
      const order = names.filter((name) => name !== "receivedDateTime");
      const fields = Object.fromEntries([...order.slice(0, place), "receivedDateTime", ...order.slice(place)].map((name) => [name, "1"]));
      assert.deepEqual(Object.keys(JSON.parse(one(fields).text) as object), ["receivedDateTime", ...order]);
    }));
  });

  it("has one version for one content, in any order of the fields", () => {
    fc.assert(fc.property(jsonObject, (fields) => {
      const turned = `{${Object.keys(fields).toReversed().map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name])}`).join(",")}}`;
      assert.equal(one(JSON.parse(turned)).version, one(fields).version);
    }));
  });

  it("has one key for an address in any case, and another for another recipient", () => {
    fc.assert(fc.property(fc.emailAddress(), fc.emailAddress(), (address, other) => {
      const key = one({ ...GRAPH, recipientAddress: address }).key;
      assert.equal(one({ ...GRAPH, recipientAddress: address.toUpperCase() }).key, key);
      if (address.toLowerCase() !== other.toLowerCase()) assert.notEqual(one({ ...GRAPH, recipientAddress: other }).key, key);
    }));
  });
});
