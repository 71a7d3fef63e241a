import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { json, rig, text, type Rig } from "./rig.js";

const URL_PATH = "/receiver/v1/http/code-of-url";
const FORM = "application/x-www-form-urlencoded";
const post = (r: Rig, body: string | Uint8Array, headers: Record<string, string> = {}, url = URL_PATH) => r.whole("POST", url, headers, body);
const taken = (r: Rig): (string | undefined)[] => Array.from(r.emulator.ledger.taken(), (line) => line.text);

describe("emulator: receiver", () => {
  it("takes lines plain and packed, answers 200 with nothing, and keeps the headers", async () => {
    const r = rig();
    const plain = await post(r, "a\nb", { "content-type": FORM, "X-Sumo-Name": "one", "X-Sumo-Category": "cat", "X-Sumo-Fields": "k=v", "X-Sumo-Host": "h" });
    const packed = await post(r, gzipSync("c\nd\n"), { "content-encoding": "gzip", "x-sumo-name": "two" });
    assert.deepEqual([plain.status, text(plain), packed.status, text(packed)], [200, "", 200, ""]);
    assert.deepEqual(taken(r), ["a", "b", "c", "d"]);
    assert.deepEqual(Array.from(r.emulator.ledger.taken({ name: "two" }), (line) => line.text), ["c", "d"]);
    const [first, second] = r.emulator.ledger.requests();
    assert.deepEqual([first!.name, first!.category, first!.fields, first!.host, first!.lines, first!.bytes, first!.encoding], ["one", "cat", "k=v", "h", 2, 3, "identity"]);
    assert.deepEqual([second!.encoding, second!.bytes, second!.atMs, second!.serial], ["gzip", 4, r.clock.nowMs(), 1]);
    assert.deepEqual(r.emulator.ledger.totals(), { requests: 2, refused: 0, lost: 0, lines: 4, bytes: 7 });
  });

  it("takes the token in a header where the URL has none", async () => {
    const r = rig({ receiver: { codes: ["right"] } });
    assert.equal((await post(r, "a", { "x-sumo-token": "right" }, "/receiver/v1/http")).status, 200);
    assert.equal((await post(r, "a", { "x-sumo-token": "wrong" }, "/receiver/v1/http")).status, 401);
    assert.equal((await post(r, "a", {}, "/receiver/v1/http/right")).status, 200);
    assert.equal((await post(r, "a", {}, "/receiver/v1/http/wrong")).status, 401);
    assert.equal(taken(r).length, 2);
  });

  it("refuses what the vendor's own stand-in refuses, and takes nothing of it", async () => {
    const r = rig();
    const type = await post(r, "a", { "content-type": "application/json" });
    assert.deepEqual([type.status, json(type)["code"]], [400, "header:invalid"]);
    assert.equal((await post(r, "not packed", { "content-encoding": "gzip" })).status, 400);
    assert.equal((await post(r, "a", { "content-encoding": "br" })).status, 400);
    assert.equal((await r.whole("GET", URL_PATH)).status, 405);
    assert.deepEqual(taken(r), []);
    assert.equal(r.emulator.ledger.totals().refused, 4);
  });

  it("refuses more than a megabyte of several lines, and takes one long line", async () => {
    const r = rig({ receiver: { bytesMax: 100 } });
    assert.equal((await post(r, `${"x".repeat(60)}\n${"y".repeat(60)}`)).status, 413);
    assert.equal((await post(r, "x".repeat(200))).status, 200);
    assert.equal(taken(r).length, 1);
  });

  it("keeps keys alone when told", async () => {
    const r = rig({ receiver: { keep: "keys" } });
    await post(r, JSON.stringify({ receivedDateTime: "2026-03-01T12:00:00Z", id: "I", recipientAddress: "A@B", status: "Delivered" }));
    const [line] = r.emulator.ledger.taken();
    assert.deepEqual([line!.key, line!.status, line!.text], ["I|a@b", "delivered", undefined]);
  });
});
