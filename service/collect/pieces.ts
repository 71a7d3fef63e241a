/**
 * How large a piece of the timeline is tried at once: halved when paging fails, doubled when it works again. A piece that
 * cannot be cut further and still fails is set aside, and the others go on.
 */
import { markStuck, spansIn, type Coverage } from "../core/coverage.js";
import type { Fault, FaultCode } from "../core/fault.js";
import { lengthMs, overlap, type Purpose, type Window } from "../core/model.js";
import type { Hints } from "../core/plan.js";

/** The window itself is at fault: cutting it helps. */
const OF_THE_WINDOW: ReadonlySet<FaultCode> = new Set(["bad-link", "window-too-large", "answer-too-large"]);
/** The window may be at fault, when the API works otherwise. */
const PERHAPS: ReadonlySet<FaultCode> = new Set(["server-error", "bad-answer", "timeout", "connection-cut", "html-answer", "request-refused"]);
const SUSPECT_TRIES = 3;
const PIECE_MS_MIN = 1000;
const STUCK_MS_MIN = 300_000;
const STUCK_MS_MAX = 3_600_000;
const SMALLEST_TRIES = 3;

export type Verdict = { readonly kind: "wait" } | { readonly kind: "again" } | { readonly kind: "stuck"; readonly window: Window; readonly retryMs: number };

export class Pieces {
  #capMs = Number.POSITIVE_INFINITY;
  #current: { window: Window; why: Purpose } | undefined;
  #lastBeside: Purpose | undefined;
  #failures = 0;
  #quickCuts = 0;

  get hints(): Hints {
    return { capMs: this.#capMs, ...(this.#lastBeside ? { lastBeside: this.#lastBeside } : {}) };
  }

  started(step: { readonly window: Window; readonly why: Purpose }): void {
    if (this.#current && !overlap(this.#current.window, step.window)) this.#failures = 0;
    this.#current = { window: step.window, why: step.why };
    if (step.why !== "new") this.#lastBeside = step.why;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#quickCuts = 0;
    this.#current = undefined;
    this.#capMs = this.#capMs * 2 > MAX_CAP_MS ? Number.POSITIVE_INFINITY : this.#capMs * 2;
  }

  /** What to do about a failed window; `apiWorks` asks the API something small. */
  async failed(fault: Fault, apiWorks: () => Promise<boolean>): Promise<Verdict> {
    const failed = this.#current;
    if (!failed) return { kind: "wait" };
    this.#failures += 1;
    const surely = OF_THE_WINDOW.has(fault.code);
    const perhaps = PERHAPS.has(fault.code) && this.#failures >= SUSPECT_TRIES && (await apiWorks());
    if (!surely && !perhaps) return { kind: "wait" };
    const { window } = failed;
    if (lengthMs(window) > PIECE_MS_MIN) return this.#cut(window);
    if (this.#failures < SMALLEST_TRIES) return { kind: "wait" };
    this.#failures = 0;
    this.#current = undefined;
    // The culprit is found: the rest need not be read in crumbs.
    this.#capMs = Number.POSITIVE_INFINITY;
    return { kind: "stuck", window, retryMs: STUCK_MS_MIN };
  }

  /** Coverage with a piece set aside; each further try waits twice as long, up to an hour. */
  setAside(coverage: Coverage, window: Window, retryAtMs: number, fault: Fault): Coverage {
    const before = spansIn(coverage, window).find((span) => span.kind === "stuck");
    const tries = before?.kind === "stuck" ? before.tries : 0;
    const extraMs = Math.min(STUCK_MS_MAX, STUCK_MS_MIN * 2 ** tries) - STUCK_MS_MIN;
    return markStuck(coverage, window, retryAtMs + extraMs, `${fault.code}: ${fault.detail ?? ""}`);
  }

  /** Half the piece; at once the first few times, then with a wait, so that a broken API is not hammered. */
  #cut(window: Window): Verdict {
    this.#capMs = Math.max(PIECE_MS_MIN, Math.floor(lengthMs(window) / 2));
    this.#failures = 0;
    this.#quickCuts += 1;
    return { kind: this.#quickCuts <= QUICK_CUTS ? "again" : "wait" };
  }
}
const QUICK_CUTS = 12;
const MAX_CAP_MS = 864_000_000;
