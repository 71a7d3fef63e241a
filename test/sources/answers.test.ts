import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import type { Api } from "../../service/ports.js";
import { type Asked, jsonOf } from "../../service/sources/ms-exchange-trace-logs/answers.js";
import { responseOf, type Scripted } from "./scripted-http.js";

interface ErrorSample { readonly api: "legacy" | "graph"; readonly http_status: number | null; readonly body: string; readonly note?: string }
const SAMPLES = JSON.parse(readFileSync(new URL("../fixtures/samples/api-error-bodies.json", import.meta.url), "utf8")) as ErrorSample[];
const sampleOf = (part: string): Scripted => {
  const found = SAMPLES.find((each) => each.body.includes(part));
  assert.ok(found, part);
  return { status: found.http_status ?? 400, body: found.body };
};

const TOKEN = `eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.secret${"y".repeat(2000)}`;
const NOW_MS = Date.parse("2026-11-22T12:00:00Z");
function asked(api: Api, more: Partial<Asked> = {}): Asked {
  return { api, url: "https://reports.office365.com/x?$filter=a", followsLink: false, token: TOKEN, nowMs: NOW_MS, ...more };
}
function judged(answer: Scripted, about: Asked): Fault {
  try {
    const json = jsonOf(responseOf(answer), about);
    return assert.fail(`taken for good: ${JSON.stringify(json)}`);
  } catch (thrown) {
    assert.ok(thrown instanceof Fault, String(thrown));
    return thrown;
  }
}

const HTML = "<!DOCTYPE html><html><head><title>Sign in to Outlook</title></head></html>";
const GATEWAY = "<html><head><title>502 Bad Gateway</title></head></html>";
const AT_CEILING = { url: "https://reports.office365.com/x?$filter=a&$skiptoken=999999", followsLink: true };
const DENIED = { error: { code: "Authorization_RequestDenied", message: "Insufficient privileges to complete the operation." } };

/** answer, api, what else is known of the request, the fault, a part of its detail */
const TABLE: readonly (readonly [Scripted, Api, Partial<Asked>, FaultCode, string])[] = [
  // recorded bodies
  [sampleOf("$top argument"), "reporting", {}, "request-refused", "HTTP 400: Incorrect format for $top argument '1000]'."],
  [sampleOf("UnknownError"), "reporting", {}, "server-error", "HTTP 500 UnknownError: An error has occurred on the server."],
  [sampleOf("UnknownError"), "reporting", AT_CEILING, "window-too-large", "UnknownError"],
  [sampleOf("UnknownError"), "graph", AT_CEILING, "server-error", "UnknownError"],
  [sampleOf("No permission to access"), "reporting", {}, "forbidden", "HTTP 403: No permission to access the report"],
  [sampleOf("401 - Unauthorized"), "reporting", {}, "unauthorized", "401 - Unauthorized: Access is denied"],
  [sampleOf("MailFilterListReport"), "reporting", {}, "request-refused", "HTTP 400"],
  [sampleOf("starting recipient"), "graph", {}, "bad-link", "HTTP 400 BadRequest: |System.ArgumentException|Invalid starting recipient address"],
  [sampleOf("Service principal-less"), "graph", {}, "service-principal-missing", "HTTP 401"],
  // forms that are documented
  [{ status: 401, json: { error: { code: "InvalidAuthenticationToken", message: "Access token has expired." } } }, "graph", {}, "unauthorized", "HTTP 401 InvalidAuthenticationToken: Access token has expired."],
  [{ status: 403, json: DENIED }, "graph", {}, "forbidden", "Authorization_RequestDenied: Insufficient privileges"],
  [{ status: 400, json: { error: { code: "BadRequest", message: "|System.ArgumentException|The interval is too long" } } }, "graph", {}, "request-refused", "interval"],
  [{ status: 400, json: { error: { code: "BadRequest", message: "anything" } } }, "graph", { followsLink: true }, "bad-link", "anything"],
  [{ status: 400, body: "<ServiceFault><Message>The version specified in the request is unsupported.</Message></ServiceFault>" }, "reporting", {}, "request-refused", "HTTP 400: The version specified"],
  [{ status: 400, json: { error: { code: "", message: { lang: "en", value: "No property" } } } }, "reporting", {}, "request-refused", "HTTP 400: No property"],
  // gone
  [{ status: 404, body: GATEWAY }, "reporting", {}, "api-gone", "HTTP 404"],
  [{ status: 410, json: {} }, "reporting", {}, "api-gone", "HTTP 410"],
  [{ status: 404, json: { error: { code: "ResourceNotFound", message: "Resource not found." } } }, "graph", {}, "request-refused", "ResourceNotFound"],
  [{ status: 405, json: {} }, "graph", {}, "request-refused", "HTTP 405"],
  // passing faults
  [{ status: 200, body: HTML }, "graph", {}, "html-answer", 'web page "Sign in to Outlook"'],
  [{ status: 200, body: HTML }, "reporting", {}, "html-answer", 'web page "Sign in to Outlook"'],
  [{ status: 404, body: HTML }, "reporting", {}, "html-answer", "HTTP 404"],
  [{ status: 500, body: HTML }, "reporting", {}, "html-answer", "HTTP 500"],
  [{ status: 403, body: GATEWAY }, "graph", {}, "html-answer", "502 Bad Gateway"],
  [{ status: 200, body: "plain", headers: { "content-type": "Text/HTML; charset=utf-8" } }, "graph", {}, "html-answer", "HTTP 200"],
  [{ status: 502, body: GATEWAY }, "graph", {}, "server-error", "502 Bad Gateway"],
  [{ status: 503, json: {} }, "graph", {}, "server-error", "HTTP 503"],
  [{ status: 408, json: {} }, "graph", {}, "server-error", "HTTP 408"],
  [{ status: 429, body: GATEWAY }, "reporting", {}, "throttled", "HTTP 429"],
  [{ status: 302, body: GATEWAY, headers: { location: "https://login.example/" } }, "graph", {}, "bad-answer", "not followed"],
  // broken answers
  [{ status: 200, body: '{"value":[{"id":"1"' }, "graph", {}, "bad-answer", "19 bytes that are not whole JSON"],
  [{ status: 200, body: "" }, "graph", {}, "bad-answer", "0 bytes"],
  [{ status: 200, body: new Uint8Array([0x22, 0xc3, 0x22]) }, "graph", {}, "bad-answer", "not UTF-8"],
  [{ status: 200, body: "[]" }, "graph", {}, "bad-answer", "not a JSON object"],
  [{ status: 200, body: "null" }, "reporting", {}, "bad-answer", "not a JSON object"],
  [{ status: 200, body: '<?xml version="1.0"?><feed/>' }, "reporting", {}, "bad-answer", "not whole JSON"],
  [{ status: 204, body: "" }, "graph", {}, "bad-answer", "HTTP 204"],
];

describe("answers of the trace APIs", () => {
  for (const [answer, api, more, code, detail] of TABLE) {
    it(`${api} ${answer.status} ${String(answer.body ?? JSON.stringify(answer.json)).slice(0, 40)} is ${code}`, () => {
      const fault = judged(answer, asked(api, more));
      assert.equal(fault.code, code, fault.message);
      assert.ok(fault.detail?.includes(detail), fault.detail);
    });
  }

  it("uses every recorded error body", () => {
    const used = new Set(TABLE.map(([answer]) => answer.body));
    assert.deepEqual(SAMPLES.filter((each) => !used.has(each.body)), []);
  });

  for (const [header, waitMs] of [
    ["120", 120_000], ["0", 0], [" 7 ", 7000], ["86400", 86_400_000], ["1.5", 1500], ["9".repeat(300), 366 * 86_400_000],
    ["Sun, 22 Nov 2026 12:05:00 GMT", 300_000], ["Sun, 22 Nov 2026 11:00:00 GMT", 0], ["Sunday, 22-Nov-26 12:05:00 GMT", 300_000],
    ["soon", undefined], ["-5", undefined], ["", undefined], [undefined, undefined],
  ] as const) {
    it(`takes Retry-After ${String(header).slice(0, 30)} for ${waitMs} ms`, () => {
      const headers = header === undefined ? {} : { "retry-after": header };
      assert.equal(judged({ status: 429, json: {}, headers }, asked("graph")).retryAfterMs, waitMs);
      assert.equal(judged({ status: 503, json: {}, headers }, asked("graph")).retryAfterMs, waitMs);
    });
  }

  it("tells status and request id, bounded, and never the token", () => {
    const message = `bad token ${TOKEN} ${"x".repeat(100_000)}\r\n`;
    const fault = judged({ status: 400, json: { error: { code: "c".repeat(999), message } }, headers: { "request-id": "abc-1" } }, asked("graph"));
    assert.equal(fault.status, 400);
    assert.ok(fault.message.includes("request-id abc-1"));
    assert.ok(fault.message.length < 800);
    assert.ok(!fault.message.includes(TOKEN) && !fault.message.includes("secret"), fault.message);
  });

  it("does not quote the rows of a broken answer", () => {
    const fault = judged({ status: 200, body: '{"value":[{"subject":"hush"' }, asked("graph"));
    assert.ok(!fault.message.includes("hush"));
    assert.equal(fault.cause, undefined);
  });

  it("gives the JSON of a good answer, also with a byte order mark", () => {
    assert.deepEqual(jsonOf(responseOf({ body: '\ufeff{"value":[]}' }), asked("graph")), { value: [] });
  });
});
