import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Fault, type FaultCode } from "../../service/core/fault.js";
import type { Scripted } from "../sources/scripted-http.js";
import { faultOf } from "../sources/source-ports.js";
import { APP, loginRig, SIGNAL } from "./login-double.js";

const sample = (name: string): string => readFileSync(new URL(`../fixtures/samples/${name}`, import.meta.url), "utf8");
const refusal = (error: string, code: number, status = 400): Scripted => ({
  status, json: { error, error_codes: [code], error_description: `AADSTS${code}: Something. More.\r\nTrace ID: 1` },
});

describe("identity: the application's own permission", () => {
  it("asks the tenant's v2 endpoint with scope and secret in the form", async () => {
    const at = loginRig();
    assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-1");
    assert.equal(at.requests[0]!.url, `https://login.microsoftonline.com/${APP.tenantId}/oauth2/v2.0/token`);
    assert.deepEqual(at.sent[0], {
      grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default", client_id: APP.clientId, client_secret: APP.clientSecret,
    });
    assert.match(at.requests[0]!.headers!["content-type"]!, /^application\/x-www-form-urlencoded/);
  });

  it("asks the v1 endpoint with resource", async () => {
    const at = loginRig();
    await at.identity.accessToken({ ...APP, endpoint: "v1", audience: "https://outlook.office365.com" }, SIGNAL);
    assert.equal(at.requests[0]!.url, `https://login.microsoftonline.com/${APP.tenantId}/oauth2/token`);
    assert.equal(at.sent[0]!["resource"], "https://outlook.office365.com");
    assert.equal(at.sent[0]!["scope"], undefined);
  });

  it("works over http: for test doubles, by the port alone: no fetch and no timer of the library", async () => {
    const at = loginRig();
    const { fetch } = globalThis;
    const { timeout } = AbortSignal;
    globalThis.fetch = () => assert.fail("global fetch was called");
    AbortSignal.timeout = () => assert.fail("a timer was set");
    try {
      assert.equal(await at.identity.accessToken({ ...APP, loginUrl: "http://127.0.0.1:9000" }, SIGNAL), "access-1");
    } finally {
      globalThis.fetch = fetch;
      AbortSignal.timeout = timeout;
    }
  });

  it("needs no timer: it ends within turns of the event loop, so that a simulated clock may rule it", async () => {
    const at = loginRig();
    const got: string[] = [];
    void at.identity.accessToken(APP, SIGNAL).then((token) => got.push(token));
    for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => { setImmediate(resolve); });
    assert.deepEqual(got, ["access-1"]);
  });

  for (const name of ["entra-v2-token-success-msdocs.json", "entra-v1-refresh-success-msdocs-tokens-shortened.json"]) {
    it(`takes ${name}: a number or a text for a life, an id_token unread`, async () => {
      const at = loginRig();
      at.next.push({ body: sample(name) });
      assert.match(await at.identity.accessToken(APP, SIGNAL), /^eyJ0eXAi/);
      at.clock.setMs(at.clock.nowMs() + 3_290_000);
      assert.match(await at.identity.accessToken(APP, SIGNAL), /^eyJ0eXAi/);
      at.clock.setMs(at.clock.nowMs() + 10_000);
      assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-1");
    });
  }

  it("shares one token until five minutes before its end", async () => {
    const at = loginRig();
    await at.identity.accessToken(APP, SIGNAL);
    at.clock.setMs(at.clock.nowMs() + 3_299_999);
    assert.equal(await at.identity.accessToken({ ...APP, tenantId: APP.tenantId.toUpperCase() }, SIGNAL), "access-1");
    at.clock.setMs(at.clock.nowMs() + 1);
    assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-2");
  });

  it("does not ask on every call for a token that lives shortly, and not for ever for one without a life", async () => {
    for (const [json, keptMs] of [[{ expires_in: 200 }, 150_000], [{}, 450_000]] as const) {
      const at = loginRig();
      at.next.push({ json: { token_type: "Bearer", access_token: "short", ...json } });
      await at.identity.accessToken(APP, SIGNAL);
      at.clock.setMs(at.clock.nowMs() + keptMs - 1);
      assert.equal(await at.identity.accessToken(APP, SIGNAL), "short");
      at.clock.setMs(at.clock.nowMs() + 1);
      assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-1");
    }
  });

  it("does not trust a token's life after the clock was set back", async () => {
    const at = loginRig();
    await at.identity.accessToken(APP, SIGNAL);
    at.clock.setMs(at.clock.nowMs() - 86_400_000);
    assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-2");
  });

  it("keeps apart what is not the same app, audience or secret", async () => {
    const at = loginRig();
    const others = [
      APP, { ...APP, clientId: APP.tenantId }, { ...APP, tenantId: APP.clientId }, { ...APP, audience: "https://outlook.office365.com" },
      { ...APP, clientSecret: "another" }, { ...APP, loginUrl: "https://login.microsoftonline.us" },
    ];
    const tokens = await Promise.all(others.map((each) => at.identity.accessToken(each, SIGNAL)));
    assert.equal(new Set(tokens).size, others.length);
  });

  it("makes one request for all who ask at once, and one's leaving does not fail the others", async () => {
    const at = loginRig();
    let release = (): void => undefined;
    at.hold = new Promise((resolve) => { release = resolve; });
    const leaving = new AbortController();
    const left = at.identity.accessToken(APP, leaving.signal);
    const stayed = [at.identity.accessToken(APP, SIGNAL), at.identity.accessToken(APP, SIGNAL)];
    const reason = new Error("stopping");
    leaving.abort(reason);
    await assert.rejects(left, reason);
    release();
    assert.deepEqual(await Promise.all(stayed), ["access-1", "access-1"]);
    assert.equal(at.requests.length, 1);
    await at.identity.idle();
  });

  it("rejects with the reason of a signal that is already aborted, and asks nothing", async () => {
    const at = loginRig();
    const reason = new Error("stopping");
    await assert.rejects(at.identity.accessToken(APP, AbortSignal.abort(reason)), reason);
    assert.equal(at.requests.length, 0);
  });

  it("replaces a refused token once for all", async () => {
    const at = loginRig();
    const first = await at.identity.accessToken(APP, SIGNAL);
    assert.equal(await at.identity.accessToken(APP, SIGNAL, first), "access-2");
    assert.equal(await at.identity.accessToken(APP, SIGNAL, first), "access-2");
    assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-2");
  });
});

describe("identity: refusals", () => {
  for (const [answer, code] of [
    [refusal("invalid_client", 7000215, 401), "secret-wrong"],
    [refusal("invalid_client", 7000222, 401), "secret-expired"],
    [{ ...refusal("invalid_client", 7000215, 401), headers: { "www-authenticate": 'Bearer realm="x"' } }, "secret-wrong"],
    [refusal("unauthorized_client", 700016), "app-unknown"],
    [refusal("invalid_request", 90002), "tenant-unknown"],
    [refusal("invalid_resource", 500011), "resource-missing"],
    [refusal("invalid_grant", 50196), "token-loop"],
    [{ status: 503, body: "<html>busy</html>" }, "login-unavailable"],
    [{ status: 429, json: {} }, "login-unavailable"],
    [{ status: 500, json: { error: "server_error" } }, "login-unavailable"],
    [{ status: 200, body: "<html>portal</html>" }, "html-answer"],
    [{ status: 302, body: "" }, "bad-answer"],
    [{ status: 200, body: '{"access_to' }, "bad-answer"],
    [{ status: 200, json: {} }, "bad-answer"],
    [{ status: 200, json: { access_token: "a", token_type: "mac" } }, "bad-answer"],
    [{ status: 404, body: "nothing" }, "token-refused"],
    [{ fault: "unreachable" }, "unreachable"],
    [{ fault: "connection-cut" }, "connection-cut"],
    [{ fault: "timeout" }, "timeout"],
  ] as readonly (readonly [Scripted, FaultCode])[]) {
    it(`${answer.fault ?? answer.status} ${JSON.stringify(answer.json ?? answer.body ?? "")} is ${code}`, async () => {
      const at = loginRig();
      at.next.push(answer);
      await faultOf(at.identity.accessToken(APP, SIGNAL), code);
    });
  }

  it("honours Retry-After of the login service", async () => {
    const at = loginRig();
    at.next.push({ status: 429, json: {}, headers: { "retry-after": "77" } });
    assert.equal((await faultOf(at.identity.accessToken(APP, SIGNAL), "login-unavailable")).retryAfterMs, 77_000);
  });

  it("answers a refusal from memory for some seconds, for these credentials only", async () => {
    const at = loginRig();
    at.next.push(refusal("invalid_client", 7000215, 401));
    const first = await faultOf(at.identity.accessToken(APP, SIGNAL), "secret-wrong");
    assert.equal(await faultOf(at.identity.accessToken(APP, SIGNAL), "secret-wrong"), first);
    assert.equal(at.requests.length, 1);
    assert.equal(await at.identity.accessToken({ ...APP, clientSecret: "corrected" }, SIGNAL), "access-1");
    at.clock.setMs(at.clock.nowMs() + 20_000);
    assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-2");
  });

  it("leaves a detected loop alone for a minute, and asks again at once after a passing fault", async () => {
    const at = loginRig();
    at.next.push({ status: 503, json: {} }, refusal("invalid_grant", 50196));
    await faultOf(at.identity.accessToken(APP, SIGNAL), "login-unavailable");
    await faultOf(at.identity.accessToken(APP, SIGNAL), "token-loop");
    at.clock.setMs(at.clock.nowMs() + 59_999);
    await faultOf(at.identity.accessToken(APP, SIGNAL), "token-loop");
    assert.equal(at.requests.length, 2);
    at.clock.setMs(at.clock.nowMs() + 1);
    assert.equal(await at.identity.accessToken(APP, SIGNAL), "access-1");
  });

  it("has no secret in any fault", async () => {
    const secret = String(APP.clientSecret);
    for (const answer of [
      { status: 401, json: { error: "invalid_client", error_codes: [7000215], error_description: `AADSTS7000215: ${secret}` } },
      { status: 200, json: { access_token: { nested: "tok3n" }, token_type: "Bearer" } },
      { status: 400, body: `broken ${secret}` },
    ]) {
      const at = loginRig();
      at.next.push(answer);
      const thrown: unknown = await at.identity.accessToken(APP, SIGNAL).catch((reason: unknown) => reason);
      assert.ok(thrown instanceof Fault);
      const told = [thrown.message, thrown.detail, thrown.stack, thrown.cause].map(String).join("\n");
      assert.ok(!told.includes(secret) && !told.includes("tok3n"), told);
    }
  });

  it("says which reference leads nowhere, and does not take an empty secret", async () => {
    const at = loginRig();
    await faultOf(at.identity.accessToken({ ...APP, clientSecret: { secretRef: "env:NONE" } }, SIGNAL), "secret-unresolved");
    await faultOf(at.identity.accessToken({ ...APP, clientSecret: "" }, SIGNAL), "secret-wrong");
    assert.equal(at.requests.length, 0);
  });
});
