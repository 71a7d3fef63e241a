/** How each fault looks from outside, for every way of asking. */
import assert from "node:assert/strict";
import type { EmulatedFaultName } from "../../service/emulator/fault-catalogue.js";
import { form, GRAPH_PATH, graphFilter, HOUR_MS, REPORTING_PATH, reportingFilter, START_MS, TENANT, type Json, type Rig } from "./rig.js";

/** What came back, whichever way it was asked. */
export type Seen = { status: number; headers: Readonly<Record<string, string>>; text: string } | { failed: string };
export type Ask = (method: "GET" | "POST", url: string, headers?: Record<string, string>, body?: string) => Promise<Seen>;

const GRAPH_QUERY = `${GRAPH_PATH}${graphFilter(START_MS - HOUR_MS, START_MS)}&$top=3`;
const REPORTING_QUERY = `${REPORTING_PATH}${reportingFilter(START_MS - HOUR_MS, START_MS)}&$top=3`;
const V1 = `/login/${TENANT.tenantId}/oauth2/token`;
const WEB = { "content-type": "application/x-www-form-urlencoded" };

export interface Bench {
  readonly r: Rig;
  /** GET with the right token. */
  get(api: "graph" | "reporting", url?: string): Promise<Seen>;
  login(fields: Record<string, string>): Promise<Seen>;
  send(lines: string): Promise<Seen>;
  taken(): number;
}
const whole = (seen: Seen): { status: number; headers: Readonly<Record<string, string>>; text: string } => {
  if ("failed" in seen) throw new assert.AssertionError({ message: `failed: ${seen.failed}` });
  return seen;
};
const body = (seen: Seen): Json => JSON.parse(whole(seen).text) as Json;
const rows = (seen: Seen): unknown[] => (body(seen)["value"] as Json[]).map((row) => row["id"] ?? row["MessageTraceId"]);
const link = (seen: Seen): string => String(body(seen)["@odata.nextLink"] ?? body(seen)["odata.nextLink"]);
const codeOf = (seen: Seen): unknown => (body(seen)["error_codes"] as number[])[0];
const CODE = { grant_type: "authorization_code", code: "code-1", redirect_uri: "https://localhost", resource: "https://outlook.office365.com" };
const APIS = ["graph", "reporting"] as const;

/** The fault is switched on before. */
export const LOOKS: Record<EmulatedFaultName, (bench: Bench) => Promise<void>> = {
  "html": async ({ get }) => {
    for (const api of APIS) assert.match(whole(await get(api)).text, /<title>Sign in to Outlook<\/title>/);
  },
  "throttle": async ({ get }) => {
    for (const api of APIS) {
      const seen = whole(await get(api));
      assert.deepEqual([seen.status, seen.headers["retry-after"]], [429, "30"]);
    }
  },
  "server-error": async ({ get }) => {
    for (const api of APIS) assert.equal(whole(await get(api)).status, 503);
  },
  "cut": async ({ get }) => {
    for (const api of APIS) assert.deepEqual(await get(api), { failed: "connection-cut" });
  },
  "hang": async ({ get }) => {
    for (const api of APIS) assert.deepEqual(await get(api), { failed: "timeout" });
  },
  "slow": async ({ r, get }) => {
    const beforeMs = r.clock.nowMs();
    assert.equal(rows(await get("graph")).length, 3);
    assert.equal(r.clock.nowMs() - beforeMs, 1_234);
  },
  "truncate": async ({ get }) => {
    for (const api of APIS) {
      const seen = whole(await get(api));
      assert.equal(seen.status, 200);
      assert.throws(() => JSON.parse(seen.text), SyntaxError);
    }
  },
  "bad-link": async ({ r, get }) => {
    for (const api of APIS) {
      const dead = link(await get(api));
      const noUrl = link(await get(api));
      r.emulator.faults.clear("bad-link");
      assert.equal(whole(await get(api, dead)).status, 400);
      assert.ok(!URL.canParse(noUrl));
      r.emulator.faults.set("bad-link");
    }
  },
  "foreign-link": async ({ get }) => {
    for (const api of APIS) assert.equal(new URL(link(await get(api))).origin, "https://graph.elsewhere.invalid");
  },
  "looping-link": async ({ get }) => {
    for (const api of APIS) {
      const first = await get(api);
      const second = await get(api, link(first));
      assert.deepEqual([rows(second), link(second)], [rows(first), link(first)]);
    }
  },
  "repeat-page": async ({ get }) => {
    for (const api of APIS) {
      const first = await get(api);
      const second = await get(api, link(first));
      assert.deepEqual(rows(second), rows(first));
      assert.notEqual(link(second), link(first));
    }
  },
  "empty-page-with-link": async ({ r, get }) => {
    for (const api of APIS) {
      const empty = await get(api);
      assert.deepEqual(rows(empty), []);
      r.emulator.faults.clear("empty-page-with-link");
      assert.deepEqual(rows(await get(api, link(empty))), rows(await get(api)));
      r.emulator.faults.set("empty-page-with-link");
    }
  },
  "expired-link": async ({ r, get }) => {
    const [graph, reporting] = [link(await get("graph")), link(await get("reporting"))];
    r.emulator.faults.clear();
    assert.match(whole(await get("graph", graph)).text, /Invalid starting recipient address/);
    assert.equal(whole(await get("reporting", reporting)).status, 500);
  },
  "refuse-token": async ({ get }) => {
    for (const api of APIS) assert.equal(whole(await get(api)).status, 401);
  },
  "no-service-principal": async ({ get }) => {
    const seen = whole(await get("graph"));
    assert.equal(seen.status, 401);
    assert.match(seen.text, /Service principal-less Authentication failed/);
  },
  "forbidden": async ({ get }) => {
    assert.match(whole(await get("graph")).text, /Authorization_RequestDenied/);
    assert.match(whole(await get("reporting")).text, /No permission to access the report/);
  },
  "expired-code": async ({ login }) => assert.equal(codeOf(await login(CODE)), 70008),
  "expired-refresh": async ({ login }) => assert.equal(codeOf(await login({ ...CODE, grant_type: "refresh_token", refresh_token: "any" })), 700082),
  "bad-secret": async ({ login }) => {
    const seen = await login(CODE);
    assert.deepEqual([whole(seen).status, codeOf(seen)], [401, 7000215]);
  },
  "expired-secret": async ({ login }) => assert.equal(codeOf(await login(CODE)), 7000222),
  "login-unavailable": async ({ login }) => assert.equal(body(await login(CODE))["error"], "temporarily_unavailable"),
  "login-hang": async ({ login }) => assert.deepEqual(await login(CODE), { failed: "timeout" }),
  "login-cut": async ({ r, login }) => {
    assert.deepEqual(await login(CODE), { failed: "connection-cut" });
    r.emulator.faults.clear();
    assert.equal(codeOf(await login(CODE)), 54005, "the code was spent all the same");
  },
  "receiver-refuse": async ({ send, taken }) => assert.deepEqual([whole(await send("a")).status, taken()], [401, 0]),
  "receiver-throttle": async ({ send, taken }) => {
    const seen = whole(await send("a"));
    assert.match(seen.text, /temporarily exceeded your Sumo Logic quota/);
    assert.deepEqual([seen.status, seen.headers["retry-after"], taken()], [429, undefined, 0]);
  },
  "receiver-error": async ({ send, taken }) => assert.deepEqual([whole(await send("a")).status, taken()], [503, 0]),
  "receiver-hang": async ({ r, send, taken }) => {
    assert.deepEqual([await send("a"), taken()], [{ failed: "timeout" }, 0]);
    r.emulator.faults.set("receiver-hang", { taken: true });
    assert.deepEqual([await send("a"), taken()], [{ failed: "timeout" }, 1]);
    assert.deepEqual(r.emulator.ledger.requests().map(({ outcome }) => outcome), ["lost", "lost"]);
  },
  "receiver-accept-then-cut": async ({ r, send, taken }) => {
    assert.deepEqual([await send("a\nb"), taken()], [{ failed: "connection-cut" }, 2]);
    assert.equal(r.emulator.ledger.requests()[0]!.outcome, "lost");
  },
  "receiver-too-large": async ({ send, taken }) => {
    assert.deepEqual([whole(await send("a\nb")).status, taken()], [413, 0]);
    assert.deepEqual([whole(await send("a")).status, taken()], [200, 1]);
  },
  "receiver-warning": async ({ send, taken }) => {
    const seen = await send("a");
    assert.deepEqual([whole(seen).status, body(seen)["code"], taken()], [200, "fields:dropped", 1]);
  },
};

export function benchOf(r: Rig, ask: Ask, base: string): Bench {
  const paths = { graph: GRAPH_QUERY, reporting: REPORTING_QUERY };
  return {
    r,
    get: async (api, url = paths[api]) => {
      const absolute = new URL(url, `${base}${paths[api]}`).href;
      return ask("GET", absolute, { authorization: `Bearer ${await r.token(api)}`, accept: "application/json" });
    },
    login: (fields) => ask("POST", V1, WEB, form(fields)),
    send: (lines) => ask("POST", "/receiver/v1/http/c", WEB, lines),
    taken: () => [...r.emulator.ledger.taken()].length,
  };
}
