/** What differs between two JSON values, for people. */
import { MASK } from "../../schema/index.js";
import { toPointer } from "./pointer.js";

export interface Difference {
  readonly pointer: string;
  /** As JSON; absent where there was nothing. Secrets are masked. */
  readonly from?: string;
  readonly to?: string;
}

const SHOWN_LENGTH_MAX = 120;

/** JSON with sorted keys: equal for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1))) : inner) ?? "";
}

/** Differences at the deepest keys; lists are compared whole. `secrets`: pointers whose texts are not shown (references are). */
export function differences(from: unknown, to: unknown, secrets: ReadonlySet<string>, path: readonly string[] = []): Difference[] {
  if (canonical(from) === canonical(to)) return [];
  const pointer = toPointer(path);
  if (isObject(from) && isObject(to) && !secrets.has(pointer)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => differences(own(from, key), own(to, key), secrets, [...path, key]));
  }
  const shown = (value: unknown) => (secrets.has(pointer) && !isObject(value) ? JSON.stringify(MASK) : clipped(canonical(value)));
  return [{ pointer, ...(from === undefined ? {} : { from: shown(from) }), ...(to === undefined ? {} : { to: shown(to) }) }];
}

function own(holder: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function clipped(text: string): string {
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
