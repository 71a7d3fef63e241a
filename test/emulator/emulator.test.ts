import assert from "node:assert/strict";
import * as fc from "fast-check";
import { DEMO_GRAPH_TENANT, demoTenants } from "../../service/emulator/demo-tenants.js";
import { createEmulator } from "../../service/emulator/emulator.js";
import { GRAPH_PATH, HandClock, HOUR_MS, REPORTING_PATH, rig, START_MS, TENANT } from "./rig.js";

describe("emulator: as a whole", () => {
  it("keeps running totals that agree with counting, while time goes on and rows are put in", () => {
    const r = rig({ flow: { segments: [{ fromMs: START_MS }], rowsPerSecond: 0.5, shareLate: 0.3, lateMsMax: 60_000 } });
    let produced = 0;
    for (let i = 0; i < 50; i++) {
      r.clock.advance(i * 1_000);
      if (i % 7 === 0) r.emulator.addRow(TENANT.tenantId, { receivedMs: START_MS - i, visibleAtMs: START_MS + i * 30_000 });
      const rows = [...r.emulator.produced()];
      const { produced: counted, visible } = r.emulator.status().tenants[0]!;
      assert.deepEqual([counted, visible], [rows.length, rows.filter((row) => row.visibleAtMs <= r.clock.nowMs()).length]);
      produced = counted;
    }
    assert.ok(produced > 500);
  });

  it("has no mail for the time between two runs, and the same mail for the time of the first", () => {
    const clock = new HandClock();
    const run = (segments: readonly { fromMs: number; toMs?: number; rowsPerSecond?: number }[], rowsPerSecond: number) =>
      createEmulator({ clock, seed: "demo", baseUrl: "http://emulator.test", tenants: demoTenants({ segments, rowsPerSecond }) });
    const first = run([{ fromMs: clock.nowMs(), rowsPerSecond: 2 }], 2);
    clock.advance(90_500);
    const before = JSON.stringify([...first.produced(DEMO_GRAPH_TENANT.tenantId)]);
    const segments = first.stopFlow()[DEMO_GRAPH_TENANT.tenantId]!;
    clock.advance(HOUR_MS);
    assert.equal(JSON.stringify([...first.produced(DEMO_GRAPH_TENANT.tenantId)]), before);
    const second = run([...segments, { fromMs: clock.nowMs(), rowsPerSecond: 9 }], 9);
    assert.equal(JSON.stringify([...second.produced(DEMO_GRAPH_TENANT.tenantId)]), before);
    clock.advance(10_000);
    const rows = [...second.produced(DEMO_GRAPH_TENANT.tenantId)];
    const count = (JSON.parse(before) as unknown[]).length;
    assert.equal(JSON.stringify(rows.slice(0, count)), before);
    assert.ok(Math.abs(rows.length - count - 90) < 20);
  });

  it("gives the two tenants different mail", () => {
    const clock = new HandClock();
    const emulator = createEmulator({ clock, seed: 1, baseUrl: "http://emulator.test", tenants: demoTenants({ segments: [{ fromMs: START_MS }] }) });
    clock.advance(60_000);
    const [a, b] = emulator.status().tenants.map(({ tenantId }) => new Set([...emulator.produced(tenantId)].map((row) => row.id)));
    assert.ok(a!.size > 10 && b!.size > 10);
    assert.deepEqual([...a!].filter((id) => b!.has(id)), []);
  });

  it("refuses a tenant that is not there", () => {
    assert.throws(() => rig().emulator.addRow("other", { receivedMs: 0 }), RangeError);
  });

  it("answers whatever it is asked, and never with a defect of its own", async () => {
    const r = rig({ quota: { requests: 1e9, perMs: 1 } });
    const tokens = { [GRAPH_PATH]: await r.token("graph"), [REPORTING_PATH]: await r.token("reporting") };
    const paths = fc.constantFrom(GRAPH_PATH, REPORTING_PATH, `/login/${TENANT.tenantId}/oauth2/token`, "/login/x/oauth2/v2.0/authorize", "/receiver/v1/http/a", "/emulator/faults/x", "/emulator/status", "//", "http://[");
    const words = fc.array(fc.constantFrom("receivedDateTime", "StartDate", " eq ", " ge ", " le ", "(", ")", "'", " and ", " or ", "not", "datetime'", "2026-03-01T11:00:00Z", "contains(subject,", "%", "+", "9999-99-99", "é"), { maxLength: 12 });
    const query = fc.tuple(fc.constantFrom("$filter", "$top", "$skiptoken", "$format", "code"), words).map(([name, parts]) => `?${name}=${encodeURIComponent(parts.join(""))}`);
    await fc.assert(fc.asyncProperty(paths, query, fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH"), fc.uint8Array({ maxLength: 40 }), async (path, search, method, body) => {
      const token = (tokens as Record<string, string>)[path] ?? "x";
      const answer = await r.ask(method, path + search, { "authorization": `Bearer ${token}`, "content-encoding": "gzip" }, body);
      assert.ok("status" in answer && answer.status !== 500, `${method} ${path}${search}`);
    }), { numRuns: 2_000 });
  });
});
