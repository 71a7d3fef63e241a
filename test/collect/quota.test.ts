import assert from "node:assert/strict";
import type { BudgetRecord, BudgetRules } from "../../service/core/budget.js";
import type { Purpose } from "../../service/core/model.js";
import { createQuota, type Quota } from "../../service/collect/quota.js";
import { Fault } from "../../service/core/fault.js";
import { clockAtStart, idle, START_MS } from "./doubles.js";

const RULES: BudgetRules = { quota: { requests: 10, perMs: 300_000 }, reserve: 0 };
const never = () => new AbortController().signal;

function bench() {
  const clock = clockAtStart();
  const stored = new Map<string, BudgetRecord>();
  const failing: { next: Error | undefined } = { next: undefined };
  const fail = () => {
    const fault = failing.next;
    failing.next = undefined;
    if (fault) throw fault;
  };
  const store = {
    requests: async (key: string) => (fail(), stored.get(key) ?? { timesMs: [], pausedUntilMs: 0 }),
    saveRequests: async (key: string, record: BudgetRecord) => (fail(), void stored.set(key, record)),
  };
  const granted: string[] = [];
  const ask = (quota: Quota, name: string, purpose: Purpose = "new", sourceId = 1, key = "tenant", signal = never()) => {
    const permit = quota.permit({ budgetKey: key, rules: RULES, purpose, sourceId }, signal).then(() => void granted.push(name));
    permit.catch(() => undefined);
    return permit;
  };
  return { clock, store, stored, failing, granted, ask, open: () => createQuota({ store, clock }) };
}

describe("collect: quota", () => {
  it("grants at once while there is room, then when the oldest request leaves the interval", async () => {
    const { clock, ask, open, granted, stored } = bench();
    const quota = open();
    for (let at = 0; at < 12; at++) void ask(quota, `r${at}`);
    await idle();
    assert.equal(granted.length, 10);
    await clock.runUntil(START_MS + 300_999);
    assert.equal(granted.length, 10);
    await clock.runUntil(START_MS + 301_000);
    assert.equal(granted.length, 12);
    assert.ok(stored.get("tenant")!.timesMs.length > 0);
  });

  it("forgets nothing over a restart: what was sent counts for the next process", async () => {
    const { clock, ask, open, granted } = bench();
    for (let at = 0; at < 10; at++) await ask(open(), `r${at}`);
    void ask(open(), "next");
    await clock.runUntil(START_MS + 300_000);
    assert.ok(!granted.includes("next"));
    await clock.runUntil(START_MS + 301_000);
    assert.ok(granted.includes("next"));
  });

  it("is on record before it is granted", async () => {
    const { ask, open, stored } = bench();
    await ask(open(), "one");
    assert.deepEqual(stored.get("tenant")!.timesMs, [START_MS]);
  });

  it("serves by purpose, sources in turn, and every tenth time who has waited longest", async () => {
    const { clock, ask, open, granted } = bench();
    const quota = open();
    for (let at = 0; at < 10; at++) await ask(quota, "early");
    granted.length = 0;
    void ask(quota, "backfill", "backfill", 9);
    for (let at = 0; at < 3; at++) for (const id of [1, 2]) void ask(quota, `new ${id}`, "new", id);
    void ask(quota, "settle", "settle", 3);
    await clock.runUntil(START_MS + 301_000);
    assert.deepEqual(granted.slice(0, 7), ["new 2", "new 1", "new 2", "new 1", "new 2", "new 1", "settle"]);
  });

  it("nobody starves: the tenth grant is for who has waited longest, whatever it is for", async () => {
    const { open, granted } = bench();
    const rules: BudgetRules = { quota: { requests: 1000, perMs: 300_000 }, reserve: 0 };
    const quota = open();
    const all = [quota.permit({ budgetKey: "wide", rules, purpose: "backfill", sourceId: 9 }, never()).then(() => void granted.push("backfill"))];
    for (let at = 0; at < 30; at++) all.push(quota.permit({ budgetKey: "wide", rules, purpose: "new", sourceId: at % 3 }, never()).then(() => void granted.push("new")));
    await Promise.all(all);
    assert.ok(granted.indexOf("backfill") <= 10, `the backfill came as number ${granted.indexOf("backfill") + 1}`);
  });

  it("tenants do not wait for each other", async () => {
    const { ask, open, granted } = bench();
    const quota = open();
    for (let at = 0; at < 11; at++) void ask(quota, "one", "new", 1, "loud");
    void ask(quota, "other", "new", 2, "quiet");
    await idle();
    assert.ok(granted.includes("other"));
  });

  it("who is aborted while waiting leaves the line, and the next is served", async () => {
    const { clock, ask, open, granted } = bench();
    const quota = open();
    for (let at = 0; at < 10; at++) await ask(quota, "early");
    const stop = new AbortController();
    const left = ask(quota, "left", "new", 1, "tenant", stop.signal);
    void ask(quota, "stays");
    await idle();
    stop.abort(new Error("stopped"));
    await assert.rejects(left, /stopped/);
    await clock.runUntil(START_MS + 301_000);
    assert.deepEqual(granted.slice(10), ["stays"]);
    await assert.rejects(quota.permit({ budgetKey: "tenant", rules: RULES, purpose: "new", sourceId: 1 }, stop.signal), /stopped/);
  });

  it("a pause holds the whole tenant, also after a restart", async () => {
    const { clock, ask, open, granted } = bench();
    const quota = open();
    await quota.pause("tenant", START_MS + 7_200_000);
    void ask(quota, "here");
    void ask(open(), "restarted");
    await clock.runUntil(START_MS + 7_199_999);
    assert.deepEqual(granted, []);
    await clock.runUntil(START_MS + 7_200_000);
    assert.deepEqual(granted.toSorted(), ["here", "restarted"]);
  });

  it("a store that fails refuses the one who asked, and the next one is served", async () => {
    const { ask, open, failing, granted } = bench();
    const quota = open();
    failing.next = new Fault("store-full");
    await assert.rejects(ask(quota, "cannot be read"), { code: "store-full" });
    await ask(quota, "read");
    failing.next = new Fault("store-failed");
    await assert.rejects(ask(quota, "not on record"), { code: "store-failed" });
    await ask(quota, "next");
    assert.deepEqual(granted, ["read", "next"]);
  });

  it("a clock that was put back holds nobody longer than one interval", async () => {
    const { clock, ask, store, granted, stored } = bench();
    stored.set("tenant", { timesMs: Array.from({ length: 10 }, () => START_MS + 86_400_000), pausedUntilMs: 0 });
    void ask(createQuota({ store, clock }), "one");
    await clock.runUntil(START_MS + 301_000);
    assert.deepEqual(granted, ["one"]);
  });
});
