/**
 * How large a piece of the timeline is tried at once where paging failed: halved when it fails, doubled when it works again. A
 * piece that cannot be cut further and still fails is set aside, and the others go on. What lies elsewhere is read as ever.
 */
import { markStuck, spansIn, type Coverage } from "../core/coverage.js";
import type { Fault, FaultCode } from "../core/fault.js";
import { lengthMs, overlap, type Purpose, type Window } from "../core/model.js";
import type { Hints } from "../core/plan.js";
import type { Suspect } from "../core/suspects.js";

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
  #suspects: readonly Suspect[] = [];
  #current: { readonly window: Window; readonly why: Purpose } | undefined;
  #lastBeside: Purpose | undefined;
  /** What fails, by purpose: kinds of work take turns, and one that works does not clear another. */
  readonly #troubles = new Map<Purpose, { readonly window: Window; readonly failures: number }>();
  #quickCuts = 0;

  get hints(): Hints {
    return { suspects: this.#suspects, ...(this.#lastBeside ? { lastBeside: this.#lastBeside } : {}) };
  }

  started({ window, why }: { readonly window: Window; readonly why: Purpose }): void {
    this.#current = { window, why };
    if (why !== "new") this.#lastBeside = why;
  }

  succeeded(): void {
    const done = this.#current?.window;
    if (!done) return;
    this.#current = undefined;
    this.#quickCuts = 0;
    for (const [why, { window }] of this.#troubles) if (overlap(window, done)) this.#troubles.delete(why);
    this.#suspects = this.#suspects.flatMap((suspect) => (overlap(suspect, done) ? relaxed(suspect) : [suspect]));
  }

  /** What to do about a failed window; `apiWorks` asks the API something small. */
  async failed(fault: Fault, apiWorks: () => Promise<boolean>): Promise<Verdict> {
    if (!this.#current) return { kind: "wait" };
    const { window, why } = this.#current;
    const before = this.#troubles.get(why);
    const failures = before && overlap(before.window, window) ? before.failures + 1 : 1;
    this.#troubles.set(why, { window, failures });
    const surely = OF_THE_WINDOW.has(fault.code);
    const perhaps = PERHAPS.has(fault.code) && failures >= SUSPECT_TRIES && (await apiWorks());
    if (!surely && !perhaps) return { kind: "wait" };
    if (lengthMs(window) > PIECE_MS_MIN) return this.#cut(window, why);
    if (failures < SMALLEST_TRIES) return { kind: "wait" };
    this.#troubles.delete(why);
    this.#current = undefined;
    // The culprit is found: what lies around it need not be read in crumbs.
    this.#suspects = this.#suspects.filter((suspect) => !overlap(suspect, window));
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
  #cut(window: Window, why: Purpose): Verdict {
    const isApart = (suspect: Suspect) => !overlap(suspect, window);
    const whole = [window, ...this.#suspects.filter((suspect) => !isApart(suspect))];
    const startMs = Math.min(...whole.map((part) => part.startMs));
    const endMs = Math.max(...whole.map((part) => part.endMs));
    const capMs = Math.max(PIECE_MS_MIN, Math.floor(lengthMs(window) / 2));
    this.#suspects = [...this.#suspects.filter(isApart), { startMs, endMs, capMs }].slice(-SUSPECTS_MAX);
    this.#troubles.delete(why);
    this.#quickCuts += 1;
    return { kind: this.#quickCuts <= QUICK_CUTS ? "again" : "wait" };
  }
}

/** Pieces twice as long; no suspicion when one would hold the whole stretch. */
function relaxed(suspect: Suspect): readonly Suspect[] {
  const capMs = 2 * suspect.capMs;
  return capMs < lengthMs(suspect) ? [{ ...suspect, capMs }] : [];
}
const QUICK_CUTS = 12;
/** The latest are remembered; one that is forgotten is found again. */
const SUSPECTS_MAX = 16;
