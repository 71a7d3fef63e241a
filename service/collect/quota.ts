/**
 * Hands out the tenant's request budget: one queue per tenant and API, shared by every source of the process and, through
 * the store, by restarts. Live work first; every tenth grant goes to who has waited longest, so that nobody starves.
 */
import { grantAtMs, pause, PURPOSES, spend, withoutAhead, type Ahead, type BudgetRules } from "../core/budget.js";
import type { Purpose } from "../core/model.js";
import type { Clock, Store } from "../ports.js";

export interface Ask {
  readonly budgetKey: string;
  readonly rules: BudgetRules;
  readonly purpose: Purpose;
  readonly sourceId: number;
}

export interface Quota {
  /** Resolves when one request may be sent; it is on record by then. Rejects with the signal's reason, or Fault store-*. */
  permit(ask: Ask, signal: AbortSignal): Promise<void>;
  /** The tenant was told to wait: nobody sends before `untilMs`. */
  pause(budgetKey: string, untilMs: number): Promise<void>;
}

interface Waiter extends Ask {
  readonly order: number;
  grant(): void;
  refuse(reason: unknown): void;
}
interface Line {
  record: Ahead["record"];
  aheadSinceMs: Ahead["sinceMs"];
  waiters: Waiter[];
  grants: number;
  /** Last grant per source, for taking turns. */
  lastGrant: Map<number, number>;
  /** Ends the pump's sleep when the line changes. */
  changed: AbortController;
  pumping: boolean;
}

const FAIR_EVERY = 10;

/** The budgets of all tenants of this process. */
export function createQuota(ports: { store: Pick<Store, "requests" | "saveRequests">; clock: Clock }): Quota {
  const lines = new Map<string, Promise<Line>>();
  let order = 0;

  function lineOf(budgetKey: string): Promise<Line> {
    const known = lines.get(budgetKey);
    if (known) return known;
    const line = ports.store.requests(budgetKey).then(
      (record): Line => ({ record, aheadSinceMs: undefined, waiters: [], grants: 0, lastGrant: new Map(), changed: new AbortController(), pumping: false }),
    );
    lines.set(budgetKey, line);
    line.catch(() => lines.delete(budgetKey));
    return line;
  }

  async function pump(budgetKey: string, line: Line): Promise<void> {
    if (line.pumping) return;
    line.pumping = true;
    try {
      while (line.waiters.length > 0) await grantNext(budgetKey, line);
    } finally {
      line.pumping = false;
    }
  }

  async function grantNext(budgetKey: string, line: Line): Promise<void> {
    const nowMs = ports.clock.nowMs();
    const { record, sinceMs } = withoutAhead({ record: line.record, sinceMs: line.aheadSinceMs }, line.waiters[0]!.rules, nowMs);
    line.record = record;
    line.aheadSinceMs = sinceMs;
    const ready = (waiter: Waiter) => grantAtMs(line.record, waiter.rules, waiter.purpose, nowMs);
    const granted = choose(line, (waiter) => ready(waiter) <= nowMs);
    if (granted) {
      leave(line, granted);
      line.record = spend(line.record, granted.rules, nowMs);
      line.lastGrant.set(granted.sourceId, ++line.grants);
      try {
        if (granted.rules.quota) await ports.store.saveRequests(budgetKey, line.record);
        granted.grant();
      } catch (thrown) {
        granted.refuse(thrown);
      }
      return;
    }
    const untilMs = Math.min(...line.waiters.map(ready));
    line.changed = new AbortController();
    await ports.clock.sleep(untilMs - nowMs, line.changed.signal).catch(() => undefined);
  }

  return {
    async permit(ask, signal) {
      signal.throwIfAborted();
      const line = await lineOf(ask.budgetKey);
      await new Promise<void>((resolve, reject) => {
        const waiter: Waiter = { ...ask, order: ++order, grant: () => done(resolve), refuse: (reason) => done(() => reject(reason)) };
        const abort = () => {
          leave(line, waiter);
          line.changed.abort();
          waiter.refuse(signal.reason);
        };
        const done = (settle: () => void) => {
          signal.removeEventListener("abort", abort);
          settle();
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", abort);
        line.waiters.push(waiter);
        line.changed.abort();
        void pump(ask.budgetKey, line);
      });
    },
    async pause(budgetKey, untilMs) {
      const line = await lineOf(budgetKey);
      line.record = pause(line.record, untilMs);
      line.changed.abort();
      await ports.store.saveRequests(budgetKey, line.record);
    },
  };
}

function leave(line: Line, waiter: Waiter): void {
  const at = line.waiters.indexOf(waiter);
  if (at >= 0) line.waiters.splice(at, 1);
}

/** By purpose, then the source served longest ago; now and then simply who has waited longest. */
function choose(line: Line, ready: (waiter: Waiter) => boolean): Waiter | undefined {
  const candidates = line.waiters.filter(ready);
  if ((line.grants + 1) % FAIR_EVERY === 0) return candidates.toSorted((a, b) => a.order - b.order)[0];
  const rank = (waiter: Waiter) => PURPOSES.indexOf(waiter.purpose);
  const served = (waiter: Waiter) => line.lastGrant.get(waiter.sourceId) ?? 0;
  return candidates.toSorted((a, b) => rank(a) - rank(b) || served(a) - served(b) || a.order - b.order)[0];
}
