/** Everything that happened in a run, as one hash: equal hashes, equal runs. */
import { createHash } from "node:crypto";

export class Trace {
  #hash = createHash("sha256");
  #open = "";
  events = 0;

  /** One event at an instant of the virtual clock. */
  add(atMs: number, what: string): void {
    this.events += 1;
    this.#open += `${atMs} ${what}\n`;
    if (this.#open.length > 8192) this.#flush();
  }

  /** Hex digest of all events so far; none may follow. */
  digest(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  #flush(): void {
    this.#hash.update(this.#open);
    this.#open = "";
  }
}
