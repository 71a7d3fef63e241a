/** What one destination has taken of one source, and which of it may come once more. */
import { BUCKET_MS, bucketStartMs, fingerprint } from "../../service/core/fingerprints.js";
import type { Window } from "../../service/core/model.js";
import type { Ledger, TakenLine } from "../../service/emulator/ledger.js";
import { rowsOf } from "../../service/sources/ms-exchange-trace-logs/record.js";

/** What our own fingerprints say of a line. */
interface Place {
  readonly id: string;
  readonly timeMs: number;
}

export class Takings {
  readonly lines: TakenLine[] = [];
  /** Rows taken, by key, and row versions taken, as prints; without what an operator wished to have again. */
  readonly keys = new Set<string>();
  readonly prints = new Set<string>();
  /** The keys of those prints. */
  readonly keyPrints = new Set<string>();
  /** Lines that may be followed by the same again. */
  readonly excused = new Set<TakenLine>();
  /** Rows that two processes may have sent at once: what was read first may have come last. */
  readonly crossed = new Set<string>();
  readonly #places = new Map<string, Place>();
  /** Lines before this one were taken before the last commit of their source: the store knows of them. */
  #committed = 0;

  add(line: TakenLine, salt: string): void {
    const { collector: _ours, ...plain } = JSON.parse(line.text!) as Record<string, unknown>;
    const [row] = rowsOf([plain]);
    const { hi, lo, content } = fingerprint(salt, row!);
    this.lines.push(line);
    this.keys.add(line.key);
    this.prints.add(`${hi}:${lo}:${content}`);
    this.keyPrints.add(`${hi}:${lo}`);
    this.#places.set(line.key, { id: `${hi}:${lo}`, timeMs: row!.timeMs });
  }

  commit(): void {
    this.#committed = this.lines.length;
  }

  /** The process died or its commit failed: what was taken since the last commit is taken again. */
  excuseOpen(): void {
    this.excuseFrom(this.#committed);
  }
  excuseFrom(index: number): void {
    for (const line of this.lines.slice(index)) this.excused.add(line);
  }
  /** Its answer never came. */
  excuseRequest(serial: number): void {
    for (let at = this.lines.length - 1; at >= 0 && this.lines[at]!.request >= serial; at--) if (this.lines[at]!.request === serial) this.excused.add(this.lines[at]!);
  }

  /** An operator wishes rows of these times again: those that the collector remembered have to be taken once more, others may be. */
  forget(window: Window, remembered: ReadonlySet<string>, isOpen: (ms: number) => boolean): void {
    const whole = { startMs: bucketStartMs(window.startMs), endMs: bucketStartMs(window.endMs - 1) + BUCKET_MS };
    const again = new Set<string>();
    const open = new Set<string>();
    for (const [key, { id, timeMs }] of this.#places) {
      if (timeMs < whole.startMs || timeMs >= whole.endMs || !isOpen(timeMs)) continue;
      open.add(key);
      if (remembered.has(id)) again.add(key);
    }
    for (const line of this.lines) if (open.has(line.key)) this.excused.add(line);
    for (const key of again) this.keys.delete(key);
    const ids = new Set([...again].map((key) => this.#places.get(key)!.id));
    for (const print of this.prints) if (ids.has(print.slice(0, print.lastIndexOf(":")))) this.prints.delete(print);
    for (const id of ids) this.keyPrints.delete(id);
  }
  /** The source was deleted: made again, it knows nothing. */
  forgetAll(): void {
    this.excuseFrom(0);
    this.keys.clear();
    this.prints.clear();
    this.keyPrints.clear();
  }
}

/** Follows a ledger: each call gives the lines taken since the last one. */
export function follow(ledger: Ledger): () => Iterable<TakenLine> {
  const taken = ledger.taken()[Symbol.iterator]();
  let read = 0;
  return function* () {
    // Never asked beyond its end, the ledger's iterator goes on when lines have been added.
    for (const { lines } = ledger.totals(); read < lines; read++) yield taken.next().value as TakenLine;
  };
}
