/** What was asked and what came back, for tests and for a person who wonders. No header and no body is kept. */
import type { Answer } from "./answer.js";
import type { Call } from "./call.js";

export interface JournalEntry {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly status: number | "cut" | "hang";
}

const ENTRIES_MAX = 5_000;

export function createJournal() {
  let entries: JournalEntry[] = [];
  return {
    record(call: Call, answer: Answer): void {
      const status = "hang" in answer ? "hang" : "cut" in answer ? "cut" : answer.status;
      entries.push({ atMs: call.nowMs, method: call.method, path: call.path, status });
      if (entries.length > 2 * ENTRIES_MAX) entries = entries.slice(-ENTRIES_MAX);
    },
    entries: (): readonly JournalEntry[] => entries.slice(-ENTRIES_MAX),
  };
}
