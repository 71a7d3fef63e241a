import { type Coverage, type Span } from "../../service/core/coverage.js";
import type { Window } from "../../service/core/model.js";

const SECOND_MS = 1000;
export type SecondState = "unread" | "read" | "settled" | "gap" | "stuck";

/** Coverage as a person would keep it: one word per second, from second 0. Slow, and plainly right. */
export class NaiveTimeline {
  readonly seconds: SecondState[];

  constructor(length: number) {
    this.seconds = Array.from({ length }, () => "unread");
  }

  cover(window: Window): void {
    this.#each(window, () => "read");
  }
  erase(window: Window): void {
    this.#each(window, () => "unread");
  }
  markGap(window: Window): void {
    this.#each(window, (now) => (now === "unread" || now === "stuck" ? "gap" : now));
  }
  markStuck(window: Window): void {
    this.#each(window, () => "stuck");
  }

  /** First second from `origin` to `end` that was not read and is no gap; `end` where there is none. */
  cursor(originSecond: number, endSecond: number): number {
    for (let at = originSecond; at < endSecond; at++) if (this.seconds[at] === "unread" || this.seconds[at] === "stuck") return at;
    return Math.max(originSecond, endSecond);
  }

  #each(window: Window, next: (now: SecondState) => SecondState): void {
    for (let at = window.startMs / SECOND_MS; at < window.endMs / SECOND_MS; at++) this.seconds[at] = next(this.seconds[at]!);
  }
}

/** The word for each second of some spans that lie on whole seconds. */
export function secondsOf(spans: readonly Span[], length: number): SecondState[] {
  return Array.from({ length }, (_, at) => spans.find((span) => span.startMs <= at * SECOND_MS && at * SECOND_MS < span.endMs)?.kind ?? "unread");
}

/** Throws where spans overlap, run backwards or are empty. */
export function ordered({ spans }: Coverage): void {
  for (const [at, span] of spans.entries()) {
    if (span.startMs >= span.endMs) throw new Error(`span ${at} is empty or runs backwards`);
    if (at > 0 && spans[at - 1]!.endMs > span.startMs) throw new Error(`span ${at} overlaps the one before`);
  }
}
