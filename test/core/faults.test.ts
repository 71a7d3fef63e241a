import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs } from "../../service/core/backoff.js";
import { asFault, Fault, FAULTS, type FaultCode } from "../../service/core/fault.js";
import { reached, STARTING, troubled, viewHealth, type Health } from "../../service/core/health.js";

const NOW_MS = Date.parse("2026-11-22T12:00:00Z");
const MINUTE_MS = 60_000;
const CODES = Object.keys(FAULTS) as FaultCode[];
const COLLECTING = reached(STARTING, "Collecting");

describe("core: fault catalogue", () => {
  for (const code of CODES) {
    it(`${code} says what it is and what to do next, in whole sentences`, () => {
      const { title, next, remedy } = FAULTS[code];
      assert.match(code, /^[a-z]+(-[a-z]+)*$/);
      assert.match(title, /^[A-Z].*[^.]$/);
      assert.match(next, /^[A-Z].*\.$/);
      if (remedy === "consent" || remedy === "configure") assert.doesNotMatch(next, /^Nothing/, "a person must do something");
    });
  }

  it("a fault is a sentence, with its detail when there is one, and keeps what caused it", () => {
    const cause = new Error("x");
    const fault = new Fault("throttled", { detail: "HTTP 429", status: 429, retryAfterMs: 5, cause });
    assert.deepEqual([fault.message, fault.remedy, fault.status, fault.retryAfterMs, fault.cause], ["The API's request quota of the tenant is used up: HTTP 429", "retry", 429, 5, cause]);
    assert.equal(new Fault("timeout").message, FAULTS.timeout.title);
  });

  it("whatever else is thrown is a defect; a fault stays itself", () => {
    const fault = new Fault("timeout");
    assert.equal(asFault(fault), fault);
    assert.deepEqual([asFault(new TypeError("no")).code, asFault(new TypeError("no")).detail, asFault("text").detail], ["defect", "TypeError: no", "text"]);
  });
});

describe("core: backoff", () => {
  it("doubles from a second to five minutes, spread over the upper half", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (tries, random) => {
        const ceilingMs = Math.min(300_000, 1000 * 2 ** (tries - 1));
        const waitMs = backoffMs(new Fault("server-error"), tries, () => random);
        assert.ok(waitMs >= ceilingMs / 2 && waitMs <= ceilingMs, `${waitMs}`);
      }),
    );
  });

  const half = () => 0.5;
  it("takes Retry-After at its word, at least a second", () => {
    for (const code of CODES) {
      assert.equal(backoffMs(new Fault(code, { retryAfterMs: 7_200_000 }), 1, half), 7_200_000);
      assert.equal(backoffMs(new Fault(code, { retryAfterMs: 0 }), 1, half), 1000);
    }
  });
  it("waits out the quota's interval when throttled without Retry-After, and five minutes for what a person must mend", () => {
    assert.equal(backoffMs(new Fault("throttled"), 1, half), 300_000);
    for (const code of CODES) if (FAULTS[code].remedy === "configure" || FAULTS[code].remedy === "consent") assert.equal(backoffMs(new Fault(code), 1, half), 300_000);
  });
});

describe("core: health", () => {
  const after = (code: FaultCode, tries: number, lastedMs: number): Health => {
    let health = COLLECTING;
    for (let at = 0; at < tries; at++) health = troubled(health, new Fault(code, { status: 500 }), NOW_MS + (lastedMs * at) / Math.max(1, tries - 1), NOW_MS + lastedMs + MINUTE_MS);
    return health;
  };

  for (const code of CODES) {
    const { remedy, party } = FAULTS[code];
    it(`${code} (${remedy}, ${party})`, () => {
      const first = viewHealth(after(code, 1, 0), NOW_MS);
      const lasting = viewHealth(after(code, 5, 30 * MINUTE_MS), NOW_MS + 30 * MINUTE_MS);
      if (code === "throttled") assert.deepEqual([first.state, lasting.state], ["Collecting", "Collecting"], "a used-up quota is no error");
      else assert.deepEqual([first.state, lasting.state], [remedy === "retry" ? "Collecting" : "Error", "Error"]);
      if (lasting.state !== "Error") return;
      const generic = remedy === "retry" || (remedy === "report" && party === "vendor") || (party === "destination" && remedy !== "configure");
      assert.equal(lasting.errorType, party === "own" ? "FIRST-PARTY-GENERIC" : generic ? "THIRD-PARTY-GENERIC" : "THIRD-PARTY-CONFIG");
      assert.equal(lasting.errorCode, 500);
      assert.ok(lasting.errorInfo?.endsWith(`. ${FAULTS[code].next}`), "fault and remedy are two sentences");
    });
  }

  it("a passing fault shows as recovering with the time of the next try", () => {
    assert.deepEqual(viewHealth(after("html-answer", 1, 0), NOW_MS).recovering, {
      fault: "html-answer", message: FAULTS["html-answer"].title, next: FAULTS["html-answer"].next,
      since: "2026-11-22T12:00:00.000Z", nextTry: "2026-11-22T12:01:00.000Z", tries: 1,
    });
  });

  it("becomes an error only when it has lasted and was tried often enough", () => {
    const state = (tries: number, lastedMs: number) => viewHealth(after("timeout", tries, lastedMs), NOW_MS + lastedMs).state;
    assert.deepEqual([state(2, 60 * MINUTE_MS), state(3, 10 * MINUTE_MS - 1), state(3, 10 * MINUTE_MS)], ["Collecting", "Collecting", "Error"]);
  });

  it("a streak goes on over different faults, and ends with the first page that was collected", () => {
    const one = troubled(after("timeout", 2, MINUTE_MS), new Fault("server-error"), NOW_MS + 11 * MINUTE_MS, NOW_MS + 12 * MINUTE_MS);
    assert.deepEqual([one.trouble?.tries, one.trouble?.sinceMs, one.trouble?.code], [3, NOW_MS, "server-error"]);
    assert.equal(viewHealth(one, NOW_MS + 11 * MINUTE_MS).state, "Error");
    assert.equal(reached(one, "Authenticated").trouble, one.trouble, "a token is not a row");
    assert.deepEqual(viewHealth(reached(one, "Collecting"), NOW_MS), { state: "Collecting" });
  });

  it("phases only go forward; stopping is not an error", () => {
    assert.equal(reached(COLLECTING, "Authenticating").phase, "Collecting");
    assert.deepEqual(viewHealth(reached(after("secret-wrong", 1, 0), "Stopping"), NOW_MS), { state: "Stopping" });
    assert.equal(reached(STARTING, "Authenticating").phase, "Authenticating");
  });
});
