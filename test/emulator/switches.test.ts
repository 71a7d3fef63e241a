import assert from "node:assert/strict";
import { Fault } from "../../service/core/fault.js";
import { emulatorHttp } from "../../service/emulator/emulator-http.js";
import type { FaultRule } from "../../service/emulator/fault-catalogue.js";
import { createFaults } from "../../service/emulator/faults.js";
import { GRAPH_PATH, graphFilter, HandClock, HOUR_MS, rig, START_MS, type Json } from "./rig.js";

const GRAPH_QUERY = `${GRAPH_PATH}${graphFilter(START_MS - HOUR_MS, START_MS)}`;
const flow = { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.01, shareLate: 0, promptMsMax: 0 };

describe("emulator: switches", () => {
  const count = (rule: FaultRule, tries = 10, tenantId = "t"): number => {
    const faults = createFaults(1);
    faults.set("cut", rule);
    return Array.from({ length: tries }, (_, i) => faults.draw("cut", i, tenantId)).filter(Boolean).length;
  };
  it("keep to times, share, interval and tenant", () => {
    assert.equal(count({}), 10);
    assert.equal(count({ times: 3 }), 3);
    assert.equal(count({ fromMs: 2, toMs: 5 }), 3);
    assert.equal(count({ tenantId: "t" }), 10);
    assert.equal(count({ tenantId: "other" }), 0);
    assert.equal(count({ share: 0 }), 0);
    const some = count({ share: 0.3 }, 1_000);
    assert.ok(some > 230 && some < 370, String(some));
    assert.equal(count({ share: 0.3 }, 1_000), some);
  });

  it("take a schedule, beside what is set by hand", () => {
    const faults = createFaults(1, [{ name: "html", fromMs: 10, toMs: 12 }, { name: "html", fromMs: 20, times: 1 }]);
    const at = (ms: number): boolean => faults.draw("html", ms) !== undefined;
    assert.deepEqual([at(9), at(10), at(11), at(12), at(20), at(21)], [false, true, true, false, true, false]);
    faults.set("html");
    assert.ok(at(12));
    faults.clear("html");
    assert.ok(!at(10));
    assert.equal(faults.shown("html"), 4);
  });

  it("are shown, set and cleared by HTTP, and refuse what they do not know", async () => {
    const r = rig();
    const ask = async (method: string, path: string, text = ""): Promise<[number, Json]> => {
      const answer = await r.whole(method, path, {}, text);
      return [answer.status, JSON.parse(new TextDecoder().decode(answer.body)) as Json];
    };
    assert.equal((await ask("PUT", "/emulator/faults/hang", "{\"times\":2}"))[0], 200);
    assert.deepEqual((await ask("GET", "/emulator/faults/hang"))[1]["rules"], [{ times: 2 }]);
    assert.equal((await ask("PUT", "/emulator/faults/refuse"))[1]["name"], "receiver-refuse");
    for (const wrong of ["{\"times\":-1}", "{\"share\":2}", "{\"nonsense\":1}", "{\"status\":99}", "[]", "no json", "{\"taken\":1}"]) {
      assert.equal((await ask("PUT", "/emulator/faults/hang", wrong))[0], 400, wrong);
    }
    assert.deepEqual((await ask("GET", "/emulator/faults/hang"))[1]["rules"], [{ times: 2 }]);
    assert.equal((await ask("PUT", "/emulator/faults/no-such"))[0], 404);
    assert.equal((await ask("PUT", "/emulator/faults/%E0%A4%A"))[0], 404);
    assert.equal((await ask("POST", "/emulator/faults/hang"))[0], 405);
    assert.equal((await ask("DELETE", "/emulator/faults"))[0], 200);
    assert.deepEqual((await ask("GET", "/emulator/faults/hang"))[1]["rules"], []);
    assert.equal((await ask("GET", "/emulator/nothing"))[0], 404);
  });

  it("may leave Retry-After out or make it long", async () => {
    const r = rig();
    r.emulator.faults.set("throttle", { retryAfterSeconds: null });
    assert.equal((await r.graph("")).headers["retry-after"], undefined);
    r.emulator.faults.set("throttle", { retryAfterSeconds: 86_400 });
    assert.equal((await r.graph("")).headers["retry-after"], "86400");
  });
});

describe("emulator: Http port", () => {
  const request = { method: "GET", timeoutMs: 5_000, bytesMax: 100 } as const;
  it("keeps the bound on size, the client's patience and its signal", async () => {
    const r = rig({ flow });
    const http = emulatorHttp(r.emulator, r.clock);
    const headers = { Authorization: `Bearer ${await r.token("graph")}` };
    const url = `${r.emulator.baseUrl}${GRAPH_QUERY}`;
    const faultOf = (code: string) => (error: unknown): boolean => error instanceof Fault && error.code === code;
    await assert.rejects(http({ ...request, url, headers }), faultOf("answer-too-large"));
    r.emulator.faults.set("hang", { times: 1 });
    await assert.rejects(http({ ...request, url, headers }), faultOf("timeout"));
    assert.equal(r.clock.nowMs(), START_MS + 5_000);
    r.emulator.faults.set("slow", { delayMs: 6_000 });
    await assert.rejects(http({ ...request, url, headers, bytesMax: 1e6 }), faultOf("timeout"));
    const reason = new Error("stop");
    await assert.rejects(http({ ...request, url, headers, signal: AbortSignal.abort(reason) }), reason);
  });

  it("tells of requests that lead elsewhere, and whether they carried a token", async () => {
    const strays: unknown[] = [];
    const r = rig();
    const http = emulatorHttp(r.emulator, new HandClock(), { stray: (stray) => strays.push(stray) });
    const url = "https://graph.elsewhere.invalid/x";
    await assert.rejects(http({ ...request, url, headers: { Authorization: "Bearer x" } }), Fault);
    await assert.rejects(http({ ...request, url }), Fault);
    assert.deepEqual(strays, [{ url, authorization: true }, { url, authorization: false }]);
  });
});
