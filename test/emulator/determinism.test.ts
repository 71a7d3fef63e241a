import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createEmulator } from "../../service/emulator/emulator.js";
import { demoTenants, DEMO_GRAPH_TENANT, DEMO_REPORTING_TENANT } from "../../service/emulator/demo-tenants.js";
import type { Answer } from "../../service/emulator/answer.js";
import { GRAPH_PATH, graphFilter, HandClock, HOUR_MS, REPORTING_PATH, reportingFilter, START_MS } from "./rig.js";

/** A small session over both APIs with faults drawn by chance; every byte of every answer goes into the digest. */
async function session(seed: number): Promise<string> {
  const clock = new HandClock();
  const emulator = createEmulator({
    clock, seed, baseUrl: "http://emulator.test", tenants: demoTenants({ segments: [{ fromMs: START_MS - HOUR_MS }], rowsPerSecond: 0.2 }),
    faults: [{ name: "cut", share: 0.2 }, { name: "html", share: 0.1 }, { name: "throttle", share: 0.1 }, { name: "repeat-page", share: 0.1 }, { name: "receiver-accept-then-cut", share: 0.3 }],
  });
  const digest = createHash("sha256");
  const ask = async (method: string, url: string, headers: Record<string, string> = {}, body = ""): Promise<Answer> => {
    const answer = await emulator.handle({ method, url, headers, body: new TextEncoder().encode(body) });
    const whole = "hang" in answer ? undefined : "cut" in answer ? answer.cut : answer;
    digest.update(JSON.stringify([whole?.status, whole?.headers])).update(whole?.body ?? "hang");
    return answer;
  };
  const token = async (tenant: typeof DEMO_GRAPH_TENANT | typeof DEMO_REPORTING_TENANT, scope: string): Promise<string> => {
    const form = new URLSearchParams({ client_id: tenant.clientId, client_secret: tenant.clientSecret, grant_type: "client_credentials", scope });
    const answer = await ask("POST", `/login/${tenant.tenantId}/oauth2/v2.0/token`, {}, form.toString());
    assert.ok("body" in answer && answer.status === 200);
    return (JSON.parse(new TextDecoder().decode(answer.body)) as { access_token: string }).access_token;
  };
  const graph = await token(DEMO_GRAPH_TENANT, "https://graph.microsoft.com/.default");
  const reporting = await token(DEMO_REPORTING_TENANT, "https://outlook.office365.com/.default");
  for (let i = 0; i < 30; i++) {
    await ask("GET", `${GRAPH_PATH}${graphFilter(START_MS - HOUR_MS, START_MS)}&$top=20`, { authorization: `Bearer ${graph}` });
    await ask("GET", `${REPORTING_PATH}${reportingFilter(START_MS - HOUR_MS, START_MS)}`, { authorization: `Bearer ${reporting}` });
    await ask("POST", "/receiver/v1/http/x", {}, `line ${i}`);
    clock.advance(1_000);
  }
  await ask("GET", "/emulator/status");
  return digest.digest("hex");
}

describe("emulator: determinism", () => {
  it("same seed, same bytes; another seed, others", async () => {
    assert.equal(await session(42), await session(42));
    assert.notEqual(await session(42), await session(43));
  });
});
