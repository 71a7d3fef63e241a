import assert from "node:assert/strict";
import { createEmulator } from "../../service/emulator/emulator.js";
import { DAY_MS, form, GRAPH_PATH, HandClock, json, REPORTING_PATH, rig, TENANT, type Json, type Rig } from "./rig.js";

const V1 = `/login/${TENANT.tenantId}/oauth2/token`;
const V2 = `/login/${TENANT.tenantId}/oauth2/v2.0/token`;
const GRAPH = "https://graph.microsoft.com/.default";
const OUTLOOK = "https://outlook.office365.com";
const REDIRECT = "https://localhost";

const post = async (r: Rig, url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<{ status: number; body: Json }> => {
  const answer = await r.whole("POST", url, headers, form(fields));
  return { status: answer.status, body: json(answer) };
};
const code = (text = "code-1"): Record<string, string> => ({ grant_type: "authorization_code", code: text, redirect_uri: REDIRECT, resource: OUTLOOK });
const refused = (result: { status: number; body: Json }): unknown[] => [result.status, result.body["error"], (result.body["error_codes"] as number[])[0]];

describe("emulator: token endpoint", () => {
  it("v1 redeems a code by resource, with numbers as strings and a refresh token", async () => {
    const r = rig();
    const { status, body } = await post(r, V1, code());
    assert.equal(status, 200);
    assert.deepEqual([body["token_type"], body["expires_in"], body["expires_on"], body["resource"]], ["Bearer", "3599", String(r.clock.nowMs() / 1_000 + 3_599), OUTLOOK]);
    const answer = await r.whole("GET", REPORTING_PATH, { authorization: `Bearer ${String(body["access_token"])}` });
    assert.equal(answer.status, 200);
    assert.equal(typeof body["refresh_token"], "string");
  });

  it("v2 gives numbers, and a refresh token only when offline_access is asked for", async () => {
    const r = rig();
    const { resource: _, ...fields } = code();
    const without = await post(r, V2, { ...fields, scope: GRAPH });
    assert.deepEqual([without.status, without.body["expires_in"], without.body["refresh_token"]], [200, 3_599, undefined]);
    const withRefresh = await post(r, V2, { ...fields, code: "code-2", scope: `${GRAPH} offline_access` });
    assert.equal(typeof withRefresh.body["refresh_token"], "string");
    const answer = await r.whole("GET", GRAPH_PATH, { authorization: `Bearer ${String(withRefresh.body["access_token"])}` });
    assert.equal(answer.status, 200);
  });

  it("takes a code once, and counts who tries again", async () => {
    const r = rig();
    await post(r, V1, code());
    assert.equal(r.emulator.status().codesRedeemedAgain, 0);
    assert.deepEqual(refused(await post(r, V1, code())), [400, "invalid_grant", 54005]);
    assert.equal(r.emulator.status().codesRedeemedAgain, 1);
  });

  it("lets codes expire after ten minutes, those of the consent page too", async () => {
    const r = rig();
    r.clock.advance(599_999);
    const fresh = r.emulator.issueCode(TENANT.tenantId);
    assert.equal((await post(r, V1, code())).status, 200);
    r.clock.advance(1);
    assert.deepEqual(refused(await post(r, V1, code("code-2"))), [400, "invalid_grant", 70008]);
    assert.equal((await post(r, V1, code(fresh))).status, 200);
    const stale = r.emulator.issueCode(TENANT.tenantId);
    r.clock.advance(600_000);
    assert.deepEqual(refused(await post(r, V1, code(stale))), [400, "invalid_grant", 70008]);
  });

  it("gives a new refresh token for each use; the old one stays valid, 90 days long, also across a restart", async () => {
    const clock = new HandClock();
    const r = rig({ clock });
    const first = String((await post(r, V1, code())).body["refresh_token"]);
    const use = (which: Rig, token: string) => post(which, V1, { grant_type: "refresh_token", refresh_token: token, resource: OUTLOOK });
    const second = String((await use(r, first)).body["refresh_token"]);
    assert.notEqual(second, first);
    assert.equal((await use(r, first)).status, 200);
    const restarted = rig({ clock });
    assert.equal((await use(restarted, second)).status, 200);
    assert.deepEqual(refused(await use(rig({ clock, seed: 2 }), second)), [400, "invalid_grant", 70000]);
    clock.advance(90 * DAY_MS - 1);
    assert.equal((await use(r, second)).status, 200);
    clock.advance(1);
    assert.deepEqual(refused(await use(r, second)), [400, "invalid_grant", 700082]);
  });

  it("recognises the client by Basic authentication as well", async () => {
    const pair = `${encodeURIComponent(TENANT.clientId)}:${encodeURIComponent(TENANT.clientSecret)}`;
    const answer = await rig().whole("POST", V2, { authorization: `Basic ${Buffer.from(pair).toString("base64")}` }, new URLSearchParams({ grant_type: "client_credentials", scope: GRAPH }).toString());
    assert.equal(answer.status, 200);
  });

  const credentials = { grant_type: "client_credentials", scope: GRAPH };
  const errors: readonly [string, string, Record<string, string>, readonly unknown[]][] = [
    ["/common", "/login/common/oauth2/v2.0/token", credentials, [400, "invalid_request", 50194]],
    ["an unknown tenant", "/login/00000000-0000-0000-0000-000000000000/oauth2/v2.0/token", credentials, [400, "invalid_request", 90002]],
    ["an unknown client", V2, { ...credentials, client_id: "other" }, [400, "unauthorized_client", 700016]],
    ["a wrong secret", V2, { ...credentials, client_secret: "wrong" }, [401, "invalid_client", 7000215]],
    ["no secret", V2, { ...credentials, client_secret: "" }, [401, "invalid_client", 7000218]],
    ["no grant type", V2, { scope: GRAPH }, [400, "invalid_request", 9002313]],
    ["a strange grant type", V2, { ...credentials, grant_type: "password" }, [400, "unsupported_grant_type", 70003]],
    ["resource on v2", V2, { ...credentials, resource: OUTLOOK }, [400, "invalid_request", 901002]],
    ["no scope", V2, { grant_type: "client_credentials" }, [400, "invalid_scope", 70011]],
    ["a scope without /.default", V2, { ...credentials, scope: "https://graph.microsoft.com/Mail.Read" }, [400, "invalid_scope", 70011]],
    ["an API that is not there", V2, { ...credentials, scope: "https://elsewhere.invalid/.default" }, [400, "invalid_resource", 500011]],
    ["no resource on v1", V1, { grant_type: "client_credentials" }, [400, "invalid_request", 9002313]],
    ["a code nobody gave", V1, code("no-such-code"), [400, "invalid_request", 9002313]],
    ["another redirect address", V1, { ...code(), redirect_uri: "https://localhost/" }, [400, "invalid_request", 50011]],
    ["a refresh token nobody gave", V1, { grant_type: "refresh_token", refresh_token: "x", resource: OUTLOOK }, [400, "invalid_grant", 70000]],
  ];
  for (const [name, url, fields, expected] of errors) {
    it(`refuses ${name} with AADSTS${String(expected[2])}`, async () => {
      const result = await post(rig(), url, fields);
      assert.deepEqual(refused(result), expected);
      assert.match(String(result.body["error_description"]), new RegExp(`^AADSTS${String(expected[2])}: .+\\r\\nTrace ID: [0-9a-f-]{36}\\r\\nCorrelation ID: .+\\r\\nTimestamp: 2026-03-01 12:00:00Z$`));
    });
  }

  it("refuses an expired secret and a missing consent", async () => {
    const expiring = rig({ tenant: { secretExpiresMs: rig().clock.nowMs() + 1 } });
    assert.equal((await post(expiring, V2, credentials)).status, 200);
    expiring.clock.advance(1);
    assert.deepEqual(refused(await post(expiring, V2, credentials)), [401, "invalid_client", 7000222]);
    assert.deepEqual(refused(await post(rig({ tenant: { consent: false } }), V1, code())), [400, "invalid_grant", 65001]);
  });

  it("does not let one tenant's tokens and codes open another", async () => {
    const clock = new HandClock();
    const other = { ...TENANT, tenantId: "99999999-2222-4333-8444-555555555555", flow: { segments: [] } };
    const emulator = createEmulator({ clock, seed: 1, baseUrl: "http://emulator.test", tenants: [{ ...TENANT, flow: { segments: [] } }, other] });
    const foreign = emulator.issueCode(other.tenantId);
    const answer = await emulator.handle({ method: "POST", url: V1, headers: {}, body: new TextEncoder().encode(form(code(foreign))) });
    assert.ok("status" in answer && answer.status === 400);
  });
});

describe("emulator: authorize endpoint", () => {
  it("sends the browser back with a code that works, and with the state", async () => {
    const r = rig();
    const query = new URLSearchParams({ client_id: TENANT.clientId, response_type: "code", redirect_uri: REDIRECT, state: "a b" });
    const answer = await r.whole("GET", `/login/${TENANT.tenantId}/oauth2/authorize?${query.toString()}`);
    assert.equal(answer.status, 302);
    const back = new URL(answer.headers["location"]!);
    assert.deepEqual([back.origin, back.searchParams.get("state")], [REDIRECT, "a b"]);
    assert.equal((await post(r, V1, code(back.searchParams.get("code")!))).status, 200);
  });
});
