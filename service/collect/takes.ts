/**
 * What each destination has of rows that not every destination has yet: remembered over restarts, so that nobody gets a row
 * twice because another destination was away.
 */
import { BUCKET_MS } from "../core/fingerprints.js";
import type { FreshRow } from "../core/fold.js";
import type { Window } from "../core/model.js";

/** Of one destination: key of a row -> the version that it took last. */
export type Taken = Map<string, string>;
/** By destination. */
export type Takes = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Which row it is, as text: its bucket first, so that the takes of a stretch can be forgotten. */
export function keyPrint({ bucketMs, entry }: FreshRow): string {
  return `${bucketMs.toString(36)}.${entry.hi.toString(36)}.${entry.lo.toString(36)}`;
}

/** Which version of its row it is, as text. */
export function versionPrint({ entry }: FreshRow): string {
  return entry.content.toString(36);
}

/** Whether a destination has the row; with `everyVersion` it must have this very version, else any will do (status_changes final, off). */
export function hasTaken(taken: ReadonlyMap<string, string>, fresh: FreshRow, everyVersion: boolean): boolean {
  const version = taken.get(keyPrint(fresh));
  return version !== undefined && (!everyVersion || version === versionPrint(fresh));
}

/** Takes of some rows only. */
export function takesOf(takes: Takes, rows: readonly FreshRow[]): Takes {
  const keys = new Set(rows.map(keyPrint));
  return filtered(takes, (key) => keys.has(key));
}

/** Takes without some rows: every destination has them now. */
export function takesWithout(takes: Takes, rows: readonly FreshRow[]): Takes {
  const keys = new Set(rows.map(keyPrint));
  return filtered(takes, (key) => !keys.has(key));
}

/** Takes without the rows of buckets that overlap a window: an operator wishes them again. */
export function takesOutside(takes: Takes, window: Window): Takes {
  return filtered(takes, (key) => {
    const startMs = Number.parseInt(key, 36);
    return startMs >= window.endMs || startMs + BUCKET_MS <= window.startMs;
  });
}

/** Both; where both know a row, `later` is right. */
export function takesWith(takes: Takes, later: Takes): Takes {
  const all = new Map(takes);
  for (const [name, taken] of later) all.set(name, new Map([...(takes.get(name) ?? []), ...taken]));
  return all;
}

export function encodeTakes(takes: Takes): Record<string, Uint8Array> {
  return Object.fromEntries([...takes].map(([name, taken]) => [name, new TextEncoder().encode([...taken].map(([key, version]) => `${key}.${version}`).join(" "))]));
}

export function decodeTakes(stored: Readonly<Record<string, Uint8Array>>): Takes {
  return new Map(Object.entries(stored).map(([name, blob]) => [name, new Map(new TextDecoder().decode(blob).split(" ").map(splitPrint))]));
}

function splitPrint(print: string): [string, string] {
  const dot = print.lastIndexOf(".");
  return [print.slice(0, dot), print.slice(dot + 1)];
}

function filtered(takes: Takes, keep: (key: string) => boolean): Takes {
  const left = [...takes].map(([name, taken]) => [name, new Map([...taken].filter(([key]) => keep(key)))] as const);
  return new Map(left.filter(([, taken]) => taken.size > 0));
}
