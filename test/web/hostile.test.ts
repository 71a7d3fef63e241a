/** Hostile bytes, by the thousand: sizes, encodings, nesting, double keys, prototype names, huge numbers, tricks with headers. No 5xx, no hang, no change by what was refused. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { basic, CLIENT_SECRET, definition, KEY, openBench, post, type Bench } from "./harness.js";

/** A definition that is taken, as text. */
const GOOD = JSON.stringify(definition({ name: "hostile" }));
const KEYS = ["name", "config", "source", "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "clientSecret", "", "\u0000", "\ud800", "a".repeat(5000)];

const numbers = fc.constantFrom("1e400", "-1e400", "1e-400", "-0", "9".repeat(400), `0.${"3".repeat(400)}`, "9007199254740993", "1E+99999999", "00", "1.", ".5", "+1", "0x10", "NaN", "Infinity", "1e", "--1");
const nested = fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.constantFrom(["[", "]"], ['{"a":', "}"], ['[{"a":', "}]"]), fc.boolean()).map(([depth, [open, close], closed]) => open!.repeat(depth) + (closed ? `1${close!.repeat(depth)}` : ""));
const doubled = fc.tuple(fc.constantFrom(...KEYS), fc.constantFrom("", '"source":', '"source":{"config":', '"collector":')).map(([key, around]) => `{${around}{${JSON.stringify(key)}:1,${JSON.stringify(key)}:2}${"}".repeat(around.split("{").length)}`);
const inPlace = fc.tuple(numbers, fc.constantFrom('"name":"hostile"', '"sourceType":"Universal"', '"type":"MS Exchange Trace Logs"')).map(([number, pair]) => GOOD.replace(pair, `${pair.split(":")[0]}:${number}`));
const named = fc.tuple(fc.constantFrom(...KEYS), fc.jsonValue()).map(([key, value]) => GOOD.replace('"config":{', `"config":{${JSON.stringify(key)}:${JSON.stringify(value)},`));
const sized = fc.tuple(fc.constantFrom(0, 1, 255, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 300_000, 1_500_000), fc.constantFrom(" ", "[", '"', "a", "\u0000", "{", "1")).map(([size, what]) => what.repeat(size));
const texts = fc.oneof(nested, doubled, inPlace, named, sized, fc.string({ unit: "binary", maxLength: 200 }), fc.json(), fc.constantFrom(GOOD, GOOD.slice(0, -3), `${GOOD}${GOOD}`, `\ufeff${GOOD}`, "", "null", "{}", "[]"));

type Encoded = { readonly bytes: Buffer; readonly headers: readonly string[] };
const big = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const encoders: readonly ((text: string) => Encoded)[] = [
  (text) => ({ bytes: Buffer.from(text), headers: [] }),
  (text) => ({ bytes: Buffer.from(text), headers: ["Content-Type: application/json"] }),
  (text) => ({ bytes: Buffer.from(text, "utf16le"), headers: ["Content-Type: application/json; charset=utf-16le"] }),
  (text) => ({ bytes: Buffer.concat([Buffer.from([0xfe, 0xff]), big(text)]), headers: ["Content-Type: application/json"] }),
  (text) => ({ bytes: Buffer.from(text, "latin1"), headers: ["Content-Type: application/json; charset=iso-8859-1"] }),
  (text) => ({ bytes: Buffer.concat([Buffer.from(text), Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xff])]), headers: ["Content-Type: application/json; charset=\"utf-8\""] }),
  (text) => ({ bytes: gzipSync(text), headers: ["Content-Type: application/json", "Content-Encoding: gzip"] }),
  (text) => ({ bytes: deflateSync(text), headers: ["Content-Encoding: deflate"] }),
  (text) => ({ bytes: brotliCompressSync(text), headers: ["Content-Encoding: br, gzip"] }),
  (text) => ({ bytes: Buffer.from(text), headers: ["Content-Encoding: identity", "Content-Type: text/plain"] }),
  (text) => ({ bytes: Buffer.from(text), headers: ["Content-Type: multipart/form-data; boundary=x"] }),
  (text) => ({ bytes: Buffer.from(`%7B${encodeURIComponent(text.slice(0, 1000).replace(/[\ud800-\udfff]/g, "?"))}`), headers: ["Content-Type: application/x-www-form-urlencoded"] }),
];
const encoded = fc.tuple(texts, fc.constantFrom(...encoders)).map(([text, encode]) => encode(text));

const tricks = fc.subarray([
  "If-Match: *", 'If-Match: "0"', 'If-Match: W/"0", "1"', "If-Match:", "If-None-Match: *", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /api/v1/sources/100000001", "X-Forwarded-For: 127.0.0.1, ::1", "Forwarded: for=unknown",
  "Range: bytes=0-0,5-", "Expect: 100-continue", "Expect: the-worst", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding : chunked", "Content-Length: 0", "Content-Length: 99999999999999999999", "Content-Length: +5", "Connection: close, If-Match",
  "Connection: Upgrade", "Upgrade: h2c", "Origin: null", "Sec-Fetch-Site: cross-site", "Accept: text/html;q=0", "Accept-Encoding: *;q=0", "Cookie: a=b", "Trailer: If-Match", "Te: trailers", `X-Long: ${"x".repeat(9000)}`, "X-Line: a\rb", "X-Nul: a\u0000b", " folded: a", "no colon", "Host: other", "Authorization: Basic !!!", "Authorization: Bearer a.b.c",
], { maxLength: 4 });
const target = fc.constantFrom("/api/v1/sources", "/v1/collectors/100000000/sources", "/v1/collectors", "/v1/accessKeys", "/api/v1/sources/100000001", "/api/v1/sources/100000001/pause", "/api/v1/sources/100000001/backfill", "/api/v1/sources/100000001/../100000001", "/api/v1/healthEvents/resources", "/api/v1/config/plan", "/api/v1/config/sync", "//api/v1/sources", "/api/v1/sources?download=true#x", "http://other/api/v1/sources", "*", "/api/v1/sources/%2e%2e%2f", "/%", `/${"a/".repeat(3000)}`);
const method = fc.constantFrom("POST", "POST", "POST", "PUT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "TRACE", "post", "LINK", "M-SEARCH");
const version = fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.2");
/** How the length of the body is told: rightly, in chunks, wrongly, or not at all. */
const framing = fc.constantFrom("length", "length", "length", "chunked", "too short", "too long", "none", "both");

describe("web: hostile bytes", function () {
  this.timeout(120_000);
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
    await post(bench, { name: "kept" });
  });
  afterEach(() => bench.close());

  async function everything(): Promise<string> {
    const { store } = bench;
    return JSON.stringify([await store.sources(), await store.collectors(), await store.keys(), await store.events({ limit: 1000 }), [...bench.states], (await store.audit({ limit: 1 }))[0]?.number]);
  }

  /** Writes the bytes, says that nothing more comes, and takes what comes until the other side closes. */
  function exchange(parts: readonly Uint8Array[]): Promise<string> {
    const { hostname, port } = new URL(bench.url);
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
        for (const part of parts) socket.write(part);
        socket.end();
      });
      socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    });
  }

  function framed({ bytes, headers }: Encoded, how: string): { readonly head: readonly string[]; readonly body: readonly Uint8Array[] } {
    const { length } = bytes;
    const chunk = (part: Uint8Array) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
    const halves = [bytes.subarray(0, length >> 1), bytes.subarray(length >> 1)].filter((part) => part.length > 0).map(chunk);
    const chunked = [...halves, Buffer.from("0\r\nIf-Match: *\r\n\r\n")];
    switch (how) {
      case "chunked":
        return { head: [...headers, "Transfer-Encoding: chunked"], body: chunked };
      case "both":
        return { head: [...headers, `Content-Length: ${length}`, "Transfer-Encoding: chunked"], body: chunked };
      case "none":
        return { head: headers, body: [bytes] };
      default:
        return { head: [...headers, `Content-Length: ${how === "too short" ? length >> 1 : how === "too long" ? length + 7 : length}`], body: [bytes] };
    }
  }

  it("never end in a 5xx, never hang, never show a secret, and change nothing when they are refused", async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(method, target, version, encoded, framing, tricks, fc.boolean(), async (verb, path, http, body, how, more, known) => {
        const before = await everything();
        const audited = bench.log.length;
        const { head, body: parts } = framed(body, how);
        const lines = [`${verb} ${path} ${http}`, `Host: ${new URL(bench.url).host}`, ...(known ? [`Authorization: ${basic(KEY)}`] : []), ...more, ...head, "Connection: close"];
        const answer = await exchange([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), ...parts]);
        // What follows a body that was told too short is a request of its own.
        const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) => status >= 200);
        for (const status of statuses) seen.set(status, (seen.get(status) ?? 0) + 1);
        assert.ok(statuses.every((status) => status < 500), `${answer.slice(0, 500)} ${String(bench.log.slice(audited).map(({ thrown }) => thrown))}`);
        assert.ok(!answer.includes(CLIENT_SECRET));
        if (statuses.every((status) => status >= 400)) assert.equal(await everything(), before, lines.join("|").slice(0, 300));
        else await sweep();
      }),
      { numRuns: 4000 },
    );
    for (const status of [200, 400, 401, 404, 405, 413, 415]) assert.ok(seen.has(status), `the requests reach ${status}: ${JSON.stringify([...seen])}`);
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200, "and others are served");
  });

  /** Takes away what was made. */
  async function sweep(): Promise<void> {
    for (const { record, config } of bench.app.definitions.list()) {
      if (config.name === "kept") continue;
      await bench.send("DELETE", `/api/v1/sources/${record.id}`);
      while (bench.app.definitions.get(record.id)) await new Promise((resolve) => setImmediate(resolve));
    }
  }
});
