import assert from "node:assert/strict";
import type { FaultCode } from "../../service/core/fault.js";
import type { Row } from "../../service/core/model.js";
import type { EmulatedFaultName } from "../../service/emulator/fault-catalogue.js";
import type { Api } from "../../service/ports.js";
import { SOURCE_TYPES } from "../../service/sources/registry.js";
import { emulatedSource, FULL_WINDOW } from "./emulated-source.js";
import { responseOf } from "./scripted-http.js";
import { faultOf } from "./source-ports.js";

const SIGNAL = new AbortController().signal;

/** Fault of the emulator by name, and the fault that the source makes of it: the same for both APIs, or Graph's and reporting's. */
const TABLE: readonly (readonly [EmulatedFaultName, FaultCode, FaultCode?])[] = [
  ["html", "html-answer"],
  ["throttle", "throttled"],
  ["server-error", "server-error"],
  ["cut", "connection-cut"],
  ["hang", "timeout"],
  ["truncate", "bad-answer"],
  ["bad-link", "bad-link"],
  ["foreign-link", "bad-link"],
  ["looping-link", "bad-link"],
  ["repeat-page", "bad-link"],
  ["empty-page-with-link", "bad-link"],
  ["expired-link", "bad-link", "window-too-large"],
  ["refuse-token", "unauthorized"],
  ["forbidden", "forbidden"],
  ["bad-secret", "secret-wrong"],
  ["expired-secret", "secret-expired"],
  ["login-unavailable", "login-unavailable"],
  ["login-hang", "timeout"],
  ["login-cut", "connection-cut"],
];

for (const type of SOURCE_TYPES) {
  for (const api of Object.keys(type.limits) as Api[]) {
    const { pageRows } = type.limits[api];

    describe(`source contract: ${type.slug} by ${api}`, () => {
      it("reads a window of several pages whole, a permit for each, nothing sent elsewhere", async () => {
        const at = emulatedSource(type, api, (2.5 * pageRows) / 3600);
        const { keys, pages } = await at.read();
        assert.equal(pages.length, 3);
        assert.ok(pages.slice(0, 2).every((rows) => rows === pageRows), pages.join());
        assert.deepEqual(keys, at.due());
        assert.equal(at.permits, 3);
        assert.ok(at.outcomes.every(({ status, bytes }) => status === 200 && bytes > 0));
        assert.deepEqual(at.stray, []);
      });

      it("reads adjacent windows without losing what is between them", async () => {
        const at = emulatedSource(type, api, 2);
        const middleMs = FULL_WINDOW.startMs + 1_234_000;
        const halves = [await at.read({ ...FULL_WINDOW, endMs: middleMs }), await at.read({ ...FULL_WINDOW, startMs: middleMs })];
        assert.deepEqual([...new Set(halves.flatMap((half) => half.keys))].toSorted(), at.due());
      });

      it("gives rows newest first, each with a time, a status and the key of one recipient", async () => {
        const at = emulatedSource(type, api, 0.2);
        const rows: Row[] = [];
        for await (const page of at.source.read(FULL_WINDOW, SIGNAL)) rows.push(...page.rows);
        assert.ok(rows.length > 100);
        assert.ok(rows.every((row, index) => index === 0 || row.timeMs <= rows[index - 1]!.timeMs));
        assert.ok(rows.every((row) => row.status !== "" && /^[^|]+\|[^|]+@[^|]+$/.test(row.key)));
      });

      it("has the same keys and versions when it reads again", async () => {
        const at = emulatedSource(type, api, 0.2);
        const read = async (endMs: number) => {
          const found = new Map<string, string>();
          for await (const page of at.source.read({ ...FULL_WINDOW, endMs }, SIGNAL)) for (const row of page.rows) found.set(row.key, row.version);
          return found;
        };
        const first = await read(FULL_WINDOW.endMs);
        const again = await read(FULL_WINDOW.endMs + 30_000);
        const same = [...first].filter(([key, version]) => again.get(key) === version);
        assert.ok(first.size > 100);
        assert.equal(same.length, first.size);
      });

      it("checks with one request", async () => {
        const at = emulatedSource(type, api, 1);
        await at.source.check(SIGNAL);
        assert.equal(at.permits, 1);
        at.emulator.faults.set("forbidden");
        await faultOf(at.source.check(SIGNAL), "forbidden");
      });

      for (const [name, code, reportingCode] of TABLE) {
        it(`makes ${(api === "reporting" && reportingCode) || code} of ${name}, and reads everything when it is over`, async () => {
          const at = emulatedSource(type, api, 0.5);
          at.emulator.faults.set(name);
          const fault = await faultOf(at.read(), (api === "reporting" && reportingCode) || code);
          assert.ok(at.emulator.faults.shown(name) > 0, "the fault was shown");
          assert.ok(fault.message.length < 1000);
          at.emulator.faults.clear();
          at.clock.setMs(at.clock.nowMs() + 60_000);
          assert.deepEqual((await at.read()).keys, at.due());
          assert.deepEqual(at.stray, [], "nothing was sent to another origin");
        });
      }

      it("honours a Retry-After of any length, and bears none", async () => {
        const at = emulatedSource(type, api, 0.1);
        at.emulator.faults.set("throttle", { retryAfterSeconds: 7200 });
        assert.equal((await faultOf(at.read(), "throttled")).retryAfterMs, 7_200_000);
        at.emulator.faults.set("throttle", { retryAfterSeconds: null });
        assert.equal((await faultOf(at.read(), "throttled")).retryAfterMs, undefined);
      });

      it("gets over one refused token by itself", async () => {
        const at = emulatedSource(type, api, 0.5);
        at.emulator.faults.set("refuse-token", { times: 1 });
        assert.deepEqual((await at.read()).keys, at.due());
        assert.deepEqual(at.outcomes.map(({ status }) => status), [401, 200]);
      });

      it("gets over an empty page with a link, and waits for a slow one", async () => {
        const at = emulatedSource(type, api, 0.5);
        at.emulator.faults.set("empty-page-with-link", { times: 1 });
        at.emulator.faults.set("slow", { times: 1 });
        const { keys, pages } = await at.read();
        assert.equal(pages[0], 0);
        assert.deepEqual(keys, at.due());
      });

      it("does not follow a redirect", async () => {
        const at = emulatedSource(type, api, 0.1);
        await at.source.check(SIGNAL);
        const asked: string[] = [];
        at.between = async (request) => {
          asked.push(request.url);
          return responseOf({ status: 302, body: "", headers: { location: "https://elsewhere.invalid/" } });
        };
        await faultOf(at.read(), "bad-answer");
        assert.equal(asked.length, 1);
      });

      it("rejects with the reason when aborted between pages", async () => {
        const at = emulatedSource(type, api, (1.5 * pageRows) / 3600);
        const stop = new AbortController();
        const reason = new Error("stopping");
        await assert.rejects(async () => {
          for await (const _ of at.source.read(FULL_WINDOW, stop.signal)) stop.abort(reason);
        }, reason);
        assert.equal(at.outcomes.length, 1);
      });
    });
  }
}

describe("source contract: what one API has alone", () => {
  const [type] = SOURCE_TYPES;
  assert.ok(type);

  it("graph says that the service principal is missing, keeps the token, and goes on when it is there", async () => {
    const at = emulatedSource(type, "graph", 0.5);
    at.emulator.faults.set("no-service-principal");
    assert.equal((await faultOf(at.read(), "service-principal-missing")).remedy, "retry");
    at.emulator.faults.clear();
    assert.deepEqual((await at.read()).keys, at.due());
    assert.equal(at.emulator.journal().filter(({ path }) => path.endsWith("/token")).length, 1);
  });

  it("graph is throttled by the tenant's quota, with the time to wait", async () => {
    const at = emulatedSource(type, "graph", 0.01);
    for (let requests = 0; requests < 100; requests += 1) await at.source.check(SIGNAL);
    const { retryAfterMs } = await faultOf(at.source.check(SIGNAL), "throttled");
    assert.ok(retryAfterMs! > 0);
    at.clock.setMs(at.clock.nowMs() + retryAfterMs!);
    await at.source.check(SIGNAL);
  });

  it("reporting reads with an authorization code, redeemed once, then by refresh tokens", async () => {
    const at = emulatedSource(type, "reporting", 0.5, true);
    for (let round = 0; round < 3; round += 1) {
      assert.deepEqual((await at.read()).keys, at.due());
      at.clock.setMs(at.clock.nowMs() + 3_600_000);
    }
    assert.equal(at.emulator.status().codesRedeemedAgain, 0);
    at.emulator.faults.set("expired-refresh");
    await faultOf(at.read(), "code-expired");
    assert.ok(at.emulator.faults.shown("expired-refresh") > 0);
  });

  it("reporting asks for consent when the code has expired", async () => {
    const at = emulatedSource(type, "reporting", 0.5, true);
    at.emulator.faults.set("expired-code");
    assert.equal((await faultOf(at.read(), "code-expired")).remedy, "consent");
  });
});
