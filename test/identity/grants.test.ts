import assert from "node:assert/strict";
import { Fault } from "../../service/core/fault.js";
import { faultOf } from "../sources/source-ports.js";
import { APP, loginRig, SIGNAL, WITH_CODE } from "./login-double.js";

const HOUR_MS = 3_600_000;

describe("identity: authorization codes", () => {
  it("claims the code, redeems it, saves the refresh token, and only then gives the access token", async () => {
    const at = loginRig();
    const token = await at.identity.accessToken(WITH_CODE, SIGNAL);
    at.store.diary.push(`use ${token}`);
    assert.deepEqual(at.store.diary, ["claim", "send authorization_code", "save refresh-1", "use access-1"]);
    assert.deepEqual(at.sent[0], {
      grant_type: "authorization_code", code: "0.code-one", redirect_uri: "https://localhost", resource: "https://outlook.office365.com",
      client_id: APP.clientId, client_secret: APP.clientSecret,
    });
  });

  it("asks v2 for offline access, or there would be no refresh token", async () => {
    const at = loginRig();
    await at.identity.accessToken({ ...WITH_CODE, endpoint: "v2" }, SIGNAL);
    assert.equal(at.sent[0]!["scope"], "https://outlook.office365.com/.default offline_access");
  });

  it("redeems a code once, however many ask at once, also for two audiences", async () => {
    const at = loginRig();
    const graph = { ...WITH_CODE, audience: "https://graph.microsoft.com", endpoint: "v2" } as const;
    const tokens = await Promise.all([WITH_CODE, WITH_CODE, graph, graph, WITH_CODE].map((each) => at.identity.accessToken(each, SIGNAL)));
    assert.deepEqual(tokens, ["access-1", "access-1", "access-2", "access-2", "access-1"]);
    assert.deepEqual(at.sent.map((form) => form["grant_type"]), ["authorization_code", "refresh_token"]);
    assert.equal(at.sent[1]!["refresh_token"], "refresh-1");
  });

  it("goes on by the refresh token, replaced with every use and saved before", async () => {
    const at = loginRig();
    await at.identity.accessToken(WITH_CODE, SIGNAL);
    for (let round = 2; round < 5; round += 1) {
      at.clock.setMs(at.clock.nowMs() + HOUR_MS);
      assert.equal(await at.identity.accessToken(WITH_CODE, SIGNAL), `access-${round}`);
      assert.equal(at.sent.at(-1)!["refresh_token"], `refresh-${round - 1}`);
      assert.deepEqual(at.store.diary.slice(-2), ["send refresh_token", `save refresh-${round}`]);
    }
  });

  it("keeps the refresh token when Microsoft gives no new one", async () => {
    const at = loginRig();
    await at.identity.accessToken(WITH_CODE, SIGNAL);
    at.next.push({ json: { token_type: "Bearer", access_token: "alone", expires_in: "3600" } });
    at.clock.setMs(at.clock.nowMs() + HOUR_MS);
    assert.equal(await at.identity.accessToken(WITH_CODE, SIGNAL), "alone");
    assert.deepEqual([...at.store.grants.values()], [{ refreshToken: "refresh-1" }]);
  });

  it("goes on after a restart by the refresh token, and never sends the code again", async () => {
    const at = loginRig();
    await at.identity.accessToken(WITH_CODE, SIGNAL);
    assert.equal(await at.restart().accessToken(WITH_CODE, SIGNAL), "access-2");
    assert.deepEqual(at.sent.map((form) => form["grant_type"]), ["authorization_code", "refresh_token"]);
  });

  it("does not send a code again after a crash between the answer and the save", async () => {
    const at = loginRig();
    const crash = new Error("crash");
    at.store.failing = { method: "saveGrant", thrown: crash };
    await assert.rejects(at.identity.accessToken(WITH_CODE, SIGNAL), crash);
    const after = at.restart();
    await faultOf(after.accessToken(WITH_CODE, SIGNAL), "code-used");
    await faultOf(after.accessToken(WITH_CODE, SIGNAL), "code-used");
    assert.equal(at.requests.length, 1);
    assert.equal(await after.accessToken({ ...WITH_CODE, authorizationCode: "0.code-two" }, SIGNAL), "access-2");
  });

  it("withholds the access token while the refresh token cannot be saved, and saves it when there is room", async () => {
    const at = loginRig();
    at.store.failing = { method: "saveGrant", thrown: new Fault("store-full") };
    await faultOf(at.identity.accessToken(WITH_CODE, SIGNAL), "store-full");
    assert.equal(await at.identity.accessToken(WITH_CODE, SIGNAL), "access-2");
    assert.deepEqual(at.store.diary, ["claim", "send authorization_code", "save refresh-1", "send refresh_token", "save refresh-2"]);
  });

  for (const [fault, released] of [["unreachable", true], ["connection-cut", false], ["timeout", false]] as const) {
    it(`${released ? "gives the code back" : "does not send the code again"} after ${fault}`, async () => {
      const at = loginRig();
      at.next.push({ fault });
      await faultOf(at.identity.accessToken(WITH_CODE, SIGNAL), fault);
      if (released) {
        assert.equal(await at.identity.accessToken(WITH_CODE, SIGNAL), "access-1");
      } else {
        const used = await faultOf(at.identity.accessToken(WITH_CODE, SIGNAL), "code-used");
        assert.match(used.detail!, /when it was sent: /);
        assert.equal(at.requests.length, 1);
      }
      assert.equal(at.store.diary.includes("release"), released);
    });
  }

  it("finishes a redemption whose asker has left: the answer is worth the consent", async () => {
    const at = loginRig();
    let release = (): void => undefined;
    at.hold = new Promise((resolve) => { release = resolve; });
    const leaving = new AbortController();
    const left = at.identity.accessToken(WITH_CODE, leaving.signal);
    while (at.requests.length === 0) await Promise.resolve();
    leaving.abort(new Error("stopping"));
    await assert.rejects(left, /stopping/);
    release();
    await at.identity.idle();
    assert.deepEqual([...at.store.grants.values()], [{ refreshToken: "refresh-1" }]);
  });

  it("asks for consent when the refresh token has expired, and keeps to its key when a new code comes", async () => {
    const at = loginRig();
    await at.identity.accessToken(WITH_CODE, SIGNAL);
    at.clock.setMs(at.clock.nowMs() + HOUR_MS);
    at.next.push({ status: 400, json: { error: "invalid_grant", error_codes: [700082], error_description: "AADSTS700082: refresh-1 is too old. x" } });
    const fault = await faultOf(at.identity.accessToken(WITH_CODE, SIGNAL), "code-expired");
    assert.equal(fault.remedy, "consent");
    assert.equal(fault.detail, "AADSTS700082 invalid_grant (HTTP 400): ******** is too old.");
    assert.equal(await at.identity.accessToken({ ...WITH_CODE, authorizationCode: " 0.code-two\n" }, SIGNAL), "access-2");
    assert.equal(at.sent.at(-1)!["code"], "0.code-two");
    assert.equal(at.store.grants.size, 2);
  });

  it("holds no code, secret or token in the names it gives to the store", async () => {
    const at = loginRig();
    await at.identity.accessToken(WITH_CODE, SIGNAL);
    for (const name of [...at.store.claimed, ...at.store.grants.keys()]) assert.match(name, /^[0-9a-f]{64}$/);
  });

  it("does not treat an app with a code as one without", async () => {
    const at = loginRig();
    const own = { ...WITH_CODE, authorizationCode: "" };
    assert.equal(await at.identity.accessToken(own, SIGNAL), "access-1");
    assert.equal(at.sent[0]!["grant_type"], "client_credentials");
    assert.equal(await at.identity.accessToken(WITH_CODE, SIGNAL), "access-2");
  });
});
