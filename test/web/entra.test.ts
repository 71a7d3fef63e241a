/** Bearer tokens of Microsoft Entra, signed with keys that are made here. */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from "jose";
import { Fault } from "../../service/core/fault.js";
import type { HttpRequest } from "../../service/ports.js";
import { createEntraTokens } from "../../service/web/entra-tokens.js";
import { basic, definition, KEY, logged, NOW_MS, openBench, type Bench, type TestClock } from "./harness.js";

const TENANT = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d";
const AUDIENCE = "3f2b8c1e-5d4a-4e0b-9c7d-1a2b3c4d5e6f";
const LOGIN = "https://login.microsoftonline.com";
const NOW_SECONDS = NOW_MS / 1000;
const CLAIMS = { iss: `${LOGIN}/${TENANT}/v2.0`, aud: AUDIENCE, tid: TENANT, oid: "user-1", preferred_username: "ann@contoso.com", nbf: NOW_SECONDS - 10, exp: NOW_SECONDS + 3600, roles: ["Collector.Editor"] };

interface Pair {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: object;
}
async function makePair(kid: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } };
}
function sign({ kid, privateKey }: Pair, claims: JWTPayload = {}, header: object = {}): Promise<string> {
  const all = Object.fromEntries(Object.entries({ ...CLAIMS, ...claims }).filter(([, value]) => value !== undefined));
  return new SignJWT(all).setProtectedHeader({ alg: "RS256", kid, typ: "JWT", ...header }).sign(privateKey);
}

describe("web: bearer tokens of Entra ID", () => {
  let bench: Bench;
  let clock: TestClock;
  let pair: Pair;
  let stranger: Pair;
  let published: readonly Pair[];
  let asked: HttpRequest[];
  let answer: () => { status: number; text: string };

  before(async () => {
    [pair, stranger] = await Promise.all([makePair("key-1"), makePair("key-2")]);
  });
  beforeEach(async () => {
    published = [pair];
    asked = [];
    answer = () => ({ status: 200, text: JSON.stringify({ keys: published.map(({ jwk }) => jwk) }) });
    const http = async (request: HttpRequest) => {
      asked.push(request);
      const { status, text } = answer();
      return { status, headers: {}, body: new TextEncoder().encode(text) };
    };
    bench = await openBench({ web: (parts) => ({ entraTokens: createEntraTokens({ tenantId: TENANT.toUpperCase(), audience: AUDIENCE, loginUrl: LOGIN }, { http, clock: parts.clock }) }) });
    clock = bench.clock;
  });
  afterEach(() => bench.close());

  const ask = (token: string, method = "GET") => bench.send(method, "/api/v1/sources", { key: null, headers: { authorization: `Bearer ${token}` }, ...(method === "POST" ? { body: definition() } : {}) });

  it("open the API with the role that they carry, and stand in the audit log", async () => {
    assert.equal((await ask(await sign(pair))).status, 200);
    assert.equal((await ask(await sign(pair), "POST")).status, 200);
    assert.equal((await ask(await sign(pair, { roles: ["Collector.Reader", "Other"] }), "POST")).status, 403);
    assert.equal((await bench.send("GET", "/api/v1/audit", { key: null, headers: { authorization: `Bearer ${await sign(pair, { roles: ["Collector.Reader", "Collector.Admin"] })}` } })).status, 200);
    const [entry] = await bench.store.audit({ limit: 1 });
    assert.deepEqual(entry?.actor, { via: "entra", id: "user-1", name: "ann@contoso.com" });
    assert.equal((await logged(bench, ({ status }) => status === 200)).accessId, "user-1");
    assert.deepEqual(asked.map(({ method, url }) => `${method} ${url}`), [`GET ${LOGIN}/${TENANT}/discovery/v2.0/keys`], "the keys are fetched once");
  });

  it("of version 1 and of applications are taken too", async () => {
    const token = await sign(pair, { iss: `https://sts.windows.net/${TENANT}/`, preferred_username: undefined, oid: "app-object", appid: "app-1" } as never);
    assert.equal((await ask(token, "POST")).status, 200);
    assert.deepEqual((await bench.store.audit({ limit: 1 }))[0]?.actor, { via: "entra", id: "app-object", name: "app-1" });
  });

  const wrong: [name: string, make: () => Promise<string>, says: RegExp][] = [
    ["another audience", () => sign(pair, { aud: "00000003-0000-0000-c000-000000000000" }), /audience is not/],
    ["another issuer", () => sign(pair, { iss: `${LOGIN}/11111111-2222-3333-4444-555555555555/v2.0` }), /issuer is not the configured tenant/],
    ["another tenant", () => sign(pair, { tid: "11111111-2222-3333-4444-555555555555" }), /of another tenant/],
    ["no tenant", () => sign(pair, { tid: undefined }), /claim tid is missing/],
    ["an expiry that is over", () => sign(pair, { exp: NOW_SECONDS - 61 }), /has expired/],
    ["no expiry", () => sign(pair, { exp: undefined } as never), /claim exp is missing/],
    ["a time that is still to come", () => sign(pair, { nbf: NOW_SECONDS + 61 }), /claim nbf/],
    ["a key that is not published", () => sign(stranger), /does not publish/],
    ["a signature of another key", () => sign({ ...stranger, kid: pair.kid }), /signature is wrong/],
    ["no signature", async () => new UnsecuredJWT(CLAIMS).encode(), /is no token that Microsoft Entra issues/],
    ["a symmetric signature", () => new SignJWT(CLAIMS).setProtectedHeader({ alg: "HS256", kid: pair.kid }).sign(new TextEncoder().encode("x".repeat(64))), /is no token/],
    ["no sense at all", async () => "abc.def.ghi", /is no token/],
  ];
  for (const [name, make, says] of wrong) {
    it(`with ${name} are 401 with the reason`, async () => {
      const reply = await ask(await make());
      assert.equal(reply.status, 401, reply.text);
      assert.match((reply.json as { message: string }).message, says);
      assert.match(reply.headers["www-authenticate"] ?? "", /Basic .*Bearer/);
    });
  }

  it("within a minute of their bounds are taken: clocks differ", async () => {
    assert.equal((await ask(await sign(pair, { exp: NOW_SECONDS - 59, nbf: NOW_SECONDS - 3600 }))).status, 200);
    assert.equal((await ask(await sign(pair, { nbf: NOW_SECONDS + 59 }))).status, 200);
  });

  it("without an app role are 403, and do not count as guesses", async () => {
    for (const roles of [undefined, [], ["Other"], "Collector.Admin", [["Collector.Admin"]]]) {
      for (let time = 0; time < 3; time++) assert.equal((await ask(await sign(pair, { roles } as never))).status, 403, JSON.stringify(roles));
    }
    assert.equal((await ask(await sign(pair))).status, 200);
  });

  it("follow a change of the tenant's keys, without asking again and again", async () => {
    assert.equal((await ask(await sign(pair))).status, 200);
    for (let time = 0; time < 5; time++) await ask(await sign(stranger));
    assert.equal(asked.length, 1, "made-up key ids do not make us ask");
    clock.now += 301_000;
    published = [stranger];
    assert.equal((await ask(await sign(stranger))).status, 200);
    assert.equal((await ask(await sign(pair))).status, 401, "the old key is gone");
    assert.equal(asked.length, 2);
    clock.now += 86_400_000;
    assert.equal((await ask(await sign(stranger, { exp: clock.now / 1000 + 60 }))).status, 200);
    assert.equal(asked.length, 3, "and once a day anyhow");
  });

  it("are 503 with Retry-After while the tenant's keys cannot be had, and access keys go on", async () => {
    for (const failing of [() => ({ status: 500, text: "" }), () => ({ status: 200, text: "<html>" }), () => { throw new Fault("unreachable"); }]) {
      clock.now += 10_000;
      answer = failing;
      const before = asked.length;
      for (let time = 0; time < 3; time++) {
        const reply = await ask(await sign(pair));
        assert.deepEqual([reply.status, reply.headers["retry-after"]], [503, "5"], reply.text);
      }
      assert.equal(asked.length, before + 1);
      assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200);
    }
    clock.now += 10_000;
    answer = () => ({ status: 200, text: JSON.stringify({ keys: [pair.jwk] }) });
    assert.equal((await ask(await sign(pair))).status, 200);
  });

  it("that are wrong slow their address down; right ones pass meanwhile", async () => {
    const statuses = [];
    for (let attempt = 0; attempt < 11; attempt++) statuses.push((await ask(await sign(stranger))).status);
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 401), 429]);
    assert.equal((await ask(await sign(pair))).status, 200);
  });

  it("are nothing while Entra is not configured", async () => {
    const plain = await openBench();
    const reply = await plain.send("GET", "/api/v1/sources", { key: null, headers: { authorization: `Bearer ${await sign(pair)}` } });
    assert.deepEqual([reply.status, reply.headers["www-authenticate"]?.includes("Bearer")], [401, false]);
    assert.equal((await plain.send("GET", "/api/v1/sources", { key: null, headers: { authorization: basic(KEY) } })).status, 200);
    await plain.close();
  });
});
