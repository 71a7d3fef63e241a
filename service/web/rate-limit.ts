/** Bounds what one caller may ask: so many requests a minute, so many at once (sumo-contract 2.5; ours is far more generous). */
import type { RequestHandler } from "express";
import type { Clock } from "../ports.js";
import type { Caller } from "./access-keys.js";
import { Refusal } from "./refusal.js";

export interface RateLimits {
  /** A caller that was silent for a minute may ask this many at once, one after the other. */
  readonly requestsPerMinute: number;
  readonly concurrent: number;
}

interface Account {
  /** Requests that may be made now; a fraction grows back. */
  left: number;
  atMs: number;
  running: number;
}

const MINUTE_MS = 60_000;
/** Bounds memory when tokens of very many people come: the longest silent account goes first. */
const ACCOUNTS_MAX = 10_000;

/** Per access key or person; runs behind authentication. Throws Refusal 429 with Retry-After. */
export function rateLimit({ requestsPerMinute, concurrent }: RateLimits, clock: Clock): RequestHandler {
  const accounts = new Map<string, Account>();

  function accountOf({ via, id }: Caller): Account {
    const key = `${via}|${id}`;
    const nowMs = clock.nowMs();
    const account = accounts.get(key) ?? { left: requestsPerMinute, atMs: nowMs, running: 0 };
    // A clock that was put back gives nothing and takes nothing.
    account.left = Math.min(requestsPerMinute, account.left + (Math.max(0, nowMs - account.atMs) * requestsPerMinute) / MINUTE_MS);
    account.atMs = nowMs;
    accounts.delete(key);
    accounts.set(key, account);
    const [oldest] = accounts;
    if (accounts.size > ACCOUNTS_MAX && oldest?.[1].running === 0) accounts.delete(oldest[0]);
    return account;
  }

  return (_request, response, next) => {
    const account = accountOf((response.locals as { caller: Caller }).caller);
    if (account.running >= concurrent) throw exceeded(`More than ${concurrent} requests of this access key are under way at once.`, 1);
    if (account.left < 1) throw exceeded(`More than ${requestsPerMinute} requests a minute came from this access key.`, Math.max(1, Math.ceil(((1 - account.left) * 60) / requestsPerMinute)));
    account.left -= 1;
    account.running += 1;
    response.once("close", () => (account.running -= 1));
    next();
  };
}

function exceeded(what: string, seconds: number): Refusal {
  return new Refusal(429, "rate.limit.exceeded", `API rate limit for this user has been exceeded. ${what} Try again in ${seconds} s.`, { headers: { "Retry-After": String(seconds) } });
}
