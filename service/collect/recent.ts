/**
 * Lines that a destination took a moment ago, for somebody who looks on (`collector tail`). Kept in memory, bounded, and only
 * while somebody looks: rows hold personal data.
 */
import type { Clock, Sink } from "../ports.js";

export interface RecentLine {
  /** Grows over all lines of a source: where to go on. */
  readonly number: number;
  readonly atMs: number;
  readonly destination: string;
  readonly line: string;
}
export interface RecentLines {
  readonly lines: readonly RecentLine[];
  /** Ask next for what comes after it. */
  readonly next: number;
  /** False when lines after `after` were delivered that are not kept any more. */
  readonly complete: boolean;
}

export interface Recent {
  /** The sink, telling of every line that it has taken. */
  watch(name: string, sink: Sink): Sink;
  /** Lines after a number; without one only where to begin. Looking keeps the source watched for a minute more. */
  look(sourceId: number, after: number | undefined, limit: number): RecentLines;
}

interface Watched {
  lines: RecentLine[];
  bytes: number;
  last: number;
  /** Lines up to here are not kept. */
  goneTo: number;
  untilMs: number;
}

function begin(number: number): Watched {
  return { lines: [], bytes: 0, last: number, goneTo: number, untilMs: 0 };
}

const WATCHED_MS = 60_000;
const SOURCES_MAX = 50;
const LINES_MAX = 1000;
const BYTES_MAX = 1024 * 1024;

export function createRecent(clock: Clock): Recent {
  const watched = new Map<number, Watched>();
  /** Numbers outlive the lines, so that a look after a pause does not begin anew at zero. */
  let last = 0;

  function living(sourceId: number): Watched | undefined {
    const nowMs = clock.nowMs();
    for (const [id, { untilMs }] of watched) if (nowMs >= untilMs || untilMs - nowMs > WATCHED_MS) watched.delete(id);
    return watched.get(sourceId);
  }

  function add(sourceId: number, destination: string, lines: readonly string[]): void {
    const here = living(sourceId);
    if (!here) return;
    for (const line of lines) {
      here.last = ++last;
      here.lines.push({ number: here.last, atMs: clock.nowMs(), destination, line });
      here.bytes += line.length;
    }
    let drop = Math.max(0, here.lines.length - LINES_MAX);
    let bytes = here.bytes - here.lines.slice(0, drop).reduce((sum, { line }) => sum + line.length, 0);
    for (; bytes > BYTES_MAX && drop < here.lines.length; drop++) bytes -= here.lines[drop]!.line.length;
    here.goneTo = here.lines[drop - 1]?.number ?? here.goneTo;
    here.lines = here.lines.slice(drop);
    here.bytes = bytes;
  }

  return {
    watch: (name, sink) => ({
      limits: sink.limits,
      check: (signal) => sink.check(signal),
      async write(batch, signal) {
        const receipt = await sink.write(batch, signal);
        add(batch.origin.sourceId, name, batch.lines);
        return receipt;
      },
      close: () => sink.close(),
    }),
    look(sourceId, after, limit) {
      const before = living(sourceId);
      // Its number is above all that were ever given: whoever comes with an older one has missed something.
      const here = before ?? begin(++last);
      here.untilMs = clock.nowMs() + WATCHED_MS;
      watched.delete(sourceId);
      watched.set(sourceId, here);
      if (watched.size > SOURCES_MAX) watched.delete(watched.keys().next().value!);
      if (after === undefined) return { lines: [], next: here.last, complete: true };
      const lines = here.lines.filter(({ number }) => number > after).slice(0, limit);
      return { lines, next: lines.at(-1)?.number ?? here.last, complete: after >= here.goneTo };
    },
  };
}
