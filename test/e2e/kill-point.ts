/** Where a life of the collector ends: drawn from a seed, in terms of progress or of time. */
import type { Random } from "../../service/ports.js";
import { integer, pick } from "../../service/emulator/seeded-random.js";
import type { Moment, Place, Watch } from "./microsoft.js";

export type KillPoint =
  | { readonly kind: "progress"; readonly place: Place; readonly moment: Moment; readonly nth: number; readonly afterMs: number }
  | { readonly kind: "time"; readonly afterMs: number };

/** Mostly in the middle of a window: batches are delivered there. */
const PLACES = ["receiver", "receiver", "receiver", "receiver", "receiver", "receiver", "page", "page", "login"] as const;
const RECEIVER_NTH_MAX = 30;
const PAGE_NTH_MAX = 4;
/** Long enough to lie beyond a commit, short enough to lie in it: between answer and next batch. */
const AFTER_ANSWER_MS_MAX = 12;
/** A life that has nothing to deliver ends with its so many-th page. */
const PAGES_AT_LAST = 12;

/** `timeShare` of the points are moments of time within `spanMs` from the start of the process, start-up included. */
export function drawKillPoint(random: Random, timeShare: number, spanMs: number): KillPoint {
  if (random() < timeShare) return { kind: "time", afterMs: integer(random, 0, spanMs) };
  const moment = pick(random, ["arrived", "taken", "answered"] as const);
  const afterMs = moment === "answered" ? integer(random, 0, AFTER_ANSWER_MS_MAX) : 0;
  const place = pick(random, PLACES);
  const nth = place === "receiver" ? integer(random, 1, RECEIVER_NTH_MAX) : place === "page" ? integer(random, 1, PAGE_NTH_MAX) : 1;
  return { kind: "progress", place, moment, nth, afterMs };
}

/** The same in words. */
export function pointText(point: KillPoint): string {
  if (point.kind === "time") return `${point.afterMs} ms after its start`;
  return `request ${point.nth} (${point.place}) ${point.moment}${point.afterMs > 0 ? `, ${point.afterMs} ms later` : ""}`;
}

/** A watch that strikes at the point; a request that arrives at that moment is never looked at. */
export function killAt(point: KillPoint & { kind: "progress" }, strike: () => void): Watch {
  const seen = new Map<string, number>();
  let struck = false;
  const hit = (): boolean => {
    if (struck) return false;
    struck = true;
    if (point.afterMs > 0) setTimeout(strike, point.afterMs);
    else strike();
    return true;
  };
  return (place, moment) => {
    const count = (seen.get(`${place}|${moment}`) ?? 0) + 1;
    seen.set(`${place}|${moment}`, count);
    const due = place === point.place && moment === point.moment && count === point.nth;
    const atLast = place === "page" && moment === "taken" && count >= PAGES_AT_LAST;
    if ((due || atLast) && hit() && moment === "arrived") return "lose";
    return undefined;
  };
}
