/** Reads instants, windows and flags that a request gives; collects every problem before it refuses. */
import { nearestKey, type Problem } from "../../schema/index.js";
import type { Window } from "../core/model.js";
import { invalidRequest } from "./refusal.js";

/** ISO 8601 with a zone: "2026-11-22T13:00:00Z". Without a zone nobody knows what is meant. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i;

export class Inputs {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #problems: Problem[] = [];
  /** What stands before a key in a sentence. */
  readonly #called: string;

  private constructor(values: ReadonlyMap<string, unknown>, known: readonly string[], called: string) {
    this.#values = values;
    this.#called = called;
    for (const key of values.keys()) {
      if (known.includes(key)) continue;
      const near = nearestKey(key, known);
      this.complain(shownKey(key), `is not known here: ${near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}`}`);
    }
  }

  /** Of a JSON body, which must be an object with no other keys than these. Throws Refusal 400. */
  static ofBody(body: unknown, known: readonly string[]): Inputs {
    const given = body === undefined ? {} : body;
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw invalidRequest([{ pointer: "", message: `The body must be an object with ${known.join(", ")}.` }]);
    }
    return new Inputs(new Map(Object.entries(given)), known, "/");
  }

  /** Of a query; parameters that are not known are passed over, as everywhere on the web. */
  static ofQuery(query: URLSearchParams, known: readonly string[]): Inputs {
    return new Inputs(new Map([...query].filter(([key]) => known.includes(key))), known, "The query parameter ");
  }

  /** Milliseconds of an instant; undefined when it is absent. */
  instant(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    // In a query "+" stands for a space: an unescaped "+02:00" arrives as " 02:00".
    const text = typeof value === "string" ? value.replace(" ", "+") : "";
    const ms = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    this.complain(key, 'is not an instant: write it in ISO 8601 with its zone, such as "2026-11-22T13:00:00Z"');
    return undefined;
  }

  instantDue(key: string): number {
    if (!this.#values.has(key)) this.complain(key, 'is missing: give an instant such as "2026-11-22T13:00:00Z"');
    return this.instant(key) ?? Number.NaN;
  }

  flag(key: string): boolean {
    const value = this.#values.get(key) ?? false;
    if (typeof value !== "boolean") this.complain(key, "must be true or false");
    return value === true;
  }

  /** A whole number in these bounds, given as text; `otherwise` when it is absent. */
  count(key: string, otherwise: number, max: number): number {
    const value = this.#values.get(key);
    if (value === undefined) return otherwise;
    const count = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : 0;
    if (count < 1 || count > max) this.complain(key, `must be a whole number from 1 to ${max}`);
    return count;
  }

  /** A whole number from 0, given as text; undefined when it is absent. */
  number(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
    this.complain(key, "must be a whole number from 0");
    return undefined;
  }

  /** One of these words; undefined when it is absent. */
  word<Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const value = this.#values.get(key);
    const word = words.find((one) => one === value);
    if (value !== undefined && word === undefined) this.complain(key, `must be one of ${words.join(", ")}`);
    return word;
  }

  /** `from` and `to`, both due. */
  window(): Window {
    const window = { startMs: this.instantDue("from"), endMs: this.instantDue("to") };
    this.ordered(window);
    return window;
  }

  ordered({ startMs, endMs }: Window): void {
    if (startMs >= endMs) this.complain("to", "must be later than from");
  }

  /** Throws Refusal 400 with everything that was wrong. */
  done(): void {
    if (this.#problems.length > 0) throw invalidRequest(this.#problems);
  }

  /** Notes what is wrong with a value, also what a route itself finds. */
  complain(key: string, says: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ pointer: `/${key}`, message: `${this.#called}${key} ${says}.` });
  }
}
const PROBLEMS_MAX = 20;

function shownKey(key: string): string {
  return key.length > 60 ? `${key.slice(0, 60)}…` : key;
}
