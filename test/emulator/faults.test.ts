import assert from "node:assert/strict";
import { Fault } from "../../service/core/fault.js";
import type { Http } from "../../service/ports.js";
import { emulatorHttp } from "../../service/emulator/emulator-http.js";
import { EMULATED_FAULTS, type EmulatedFaultName, type FaultRule } from "../../service/emulator/fault-catalogue.js";
import { serveEmulator } from "../../service/emulator/serve-emulator.js";
import { benchOf, LOOKS, type Ask, type Bench } from "./fault-looks.js";
import { HOUR_MS, rig, START_MS, type Rig } from "./rig.js";

/** In process, through the Http port. */
function askInProcess(http: Http, base: string): Ask {
  return async (method, url, headers = {}, body) => {
    try {
      const answer = await http({ method, url: new URL(url, base).href, headers, ...(body === undefined ? {} : { body }), timeoutMs: 5_000, bytesMax: 10_000_000 });
      return { status: answer.status, headers: answer.headers, text: new TextDecoder().decode(answer.body) };
    } catch (error) {
      assert.ok(error instanceof Fault);
      return { failed: error.code };
    }
  };
}

/** Over a socket. A request that nobody answers is given up when the emulator has noted it as hanging: a state, not a time. */
function askBySocket(r: Rig, base: string): Ask {
  return async (method, url, headers = {}, body) => {
    const giveUp = new AbortController();
    const before = r.emulator.journal().length;
    // Only what came after: an earlier request may have hung as well.
    const hung = (): boolean => r.emulator.journal().slice(before).at(-1)?.status === "hang";
    const watch = setInterval(() => hung() && giveUp.abort(), 5);
    try {
      const answer = await fetch(new URL(url, base), { method, headers, signal: giveUp.signal, ...(body === undefined ? {} : { body }) });
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
    } catch {
      return { failed: hung() ? "timeout" : "connection-cut" };
    } finally {
      clearInterval(watch);
    }
  };
}

const OPTIONS: Partial<Record<EmulatedFaultName, FaultRule>> = { slow: { delayMs: 1_234 } };
const flow = { segments: [{ fromMs: START_MS - HOUR_MS, toMs: START_MS }], rowsPerSecond: 0.01, shareLate: 0, promptMsMax: 0 };

describe("emulator: each fault by name, in process", () => {
  for (const [name, looks] of Object.entries(LOOKS) as [EmulatedFaultName, (bench: Bench) => Promise<void>][]) {
    it(`${name}: ${EMULATED_FAULTS[name]}`, async () => {
      const r = rig({ flow });
      r.emulator.faults.set(name, OPTIONS[name]);
      await looks(benchOf(r, askInProcess(emulatorHttp(r.emulator, r.clock), r.emulator.baseUrl), r.emulator.baseUrl));
      assert.ok(r.emulator.faults.shown(name) > 0);
    });
  }
});

describe("emulator: each fault by name, by real sockets", () => {
  for (const [name, looks] of Object.entries(LOOKS) as [EmulatedFaultName, (bench: Bench) => Promise<void>][]) {
    it(name, async () => {
      const r = rig({ flow });
      const served = await serveEmulator(r.emulator, { host: "127.0.0.1", port: 0 });
      try {
        const put = await fetch(`${served.url}/emulator/faults/${name}`, { method: "PUT", body: JSON.stringify(OPTIONS[name] ?? {}) });
        assert.equal(put.status, 200);
        await looks(benchOf(r, askBySocket(r, served.url), served.url));
      } finally {
        await served.close();
      }
    });
  }
});
