/** The verdict: what was produced, held against what arrived. */
import type { TraceApi } from "./token.js";
import { contentOf, readTraceLine, type TraceLine } from "./trace-line.js";
import { rowKey, shownStates, type ShownState, type TraceRow } from "./trace-row.js";

export interface CompareInput {
  readonly produced: Iterable<TraceRow>;
  /** In the order of arrival: text as a file holds it, or lines that the ledger has read already. */
  readonly deliveredLines: Iterable<string | TraceLine>;
  /** The API has shown nothing later than this. */
  readonly nowMs: number;
  /** What was shown until then must have arrived; default nowMs. */
  readonly dueMs?: number;
  /** What shows later than so long after the received time need not arrive. Default: everything must. */
  readonly horizonMs?: number;
  /** Whether the last line of each row must be the API's last state; default true. */
  readonly final?: boolean;
}

export type DiscrepancyKind = "lost" | "repeated" | "finalWrong" | "unexpected";
export interface Discrepancy {
  readonly kind: DiscrepancyKind;
  /** Key of the row, or the beginning of a line that is none. */
  readonly key: string;
}

export interface Comparison {
  /** Rows that the API has shown, one per message and recipient. */
  readonly produced: number;
  /** Of these, rows that arrived at least once. */
  readonly delivered: number;
  readonly lines: number;
  /** Rows that were due and never arrived. */
  readonly lost: number;
  /** Lines that say again what was said before. */
  readonly repeated: number;
  /** Delivered rows that the API showed late. */
  readonly late: number;
  /** Rows delivered in more than one state. */
  readonly changed: number;
  /** Rows whose last line is not the state that was due. */
  readonly finalWrong: number;
  /** Lines that no row of the API ever said. */
  readonly unexpected: number;
  /** The first few of each kind. */
  readonly examples: readonly Discrepancy[];
}

const EXAMPLES_MAX = 5;

export function compare(input: CompareInput): Comparison {
  const { byKey, lines, strangers } = collect(input.deliveredLines);
  const found: Record<DiscrepancyKind, string[]> = { lost: [], repeated: [], finalWrong: [], unexpected: strangers };
  const counts = { produced: 0, delivered: 0, late: 0, changed: 0 };
  for (const row of input.produced) {
    const states = shownStates(row, input.nowMs);
    if (states.length === 0) continue;
    counts.produced++;
    const key = rowKey(row);
    const mine = byKey.get(key);
    byKey.delete(key);
    const due = states.filter(({ fromMs }) => fromMs <= Math.min(input.dueMs ?? input.nowMs, row.received.ms + (input.horizonMs ?? Infinity)));
    if (!mine) {
      if (due.length > 0) found.lost.push(key);
      continue;
    }
    counts.delivered++;
    if (row.late) counts.late++;
    if (judge(row, states, due, mine, input.final ?? true, found)) counts.changed++;
  }
  for (const [key, mine] of byKey) found.unexpected.push(...mine.map(() => key));
  const total = (kind: DiscrepancyKind): number => found[kind].length;
  const examples = (Object.keys(found) as DiscrepancyKind[]).flatMap((kind) => found[kind].slice(0, EXAMPLES_MAX).map((key) => ({ kind, key })));
  return {
    ...counts, lines, lost: total("lost"), repeated: total("repeated"), finalWrong: total("finalWrong"), unexpected: total("unexpected"), examples,
  };
}

function collect(deliveredLines: Iterable<string | TraceLine>) {
  const byKey = new Map<string, TraceLine[]>();
  const strangers: string[] = [];
  let lines = 0;
  for (const given of deliveredLines) {
    lines++;
    const line = typeof given === "string" ? readTraceLine(given) : given;
    if (!line) {
      strangers.push(String(given).slice(0, 80));
      continue;
    }
    const mine = byKey.get(line.key);
    if (mine) mine.push(line);
    else byKey.set(line.key, [line]);
  }
  return { byKey, lines, strangers };
}

/** Judges the lines of one row; true when it arrived in more than one state. */
function judge(
  row: TraceRow, states: readonly ShownState[], due: readonly ShownState[], mine: readonly TraceLine[], final: boolean,
  found: Record<DiscrepancyKind, string[]>,
): boolean {
  const key = rowKey(row);
  const api = mine[0]!.api;
  const history = distinctRuns(states.map(({ state }) => contentOf(row, state, api)));
  const known = mine.filter((line) => history.includes(line.content));
  found.unexpected.push(...mine.slice(known.length).map(() => key));
  const said = new Set(known.map((line) => line.content));
  for (const content of said) {
    // A state that came back may be told as often as it was shown.
    const allowed = history.filter((shown) => shown === content).length;
    const extra = known.filter((line) => line.content === content).length - allowed;
    for (let i = 0; i < extra; i++) found.repeated.push(key);
  }
  if (final && due.length > 0 && !isDueState(row, states, due, api, mine)) found.finalWrong.push(key);
  return said.size > 1;
}

/** The last line must be the last state due, or one that the API showed after it. */
function isDueState(row: TraceRow, states: readonly ShownState[], due: readonly ShownState[], api: TraceApi, mine: readonly TraceLine[]): boolean {
  const accepted = states.slice(due.length - 1).map(({ state }) => contentOf(row, state, api));
  return accepted.includes(mine.at(-1)!.content);
}

/** Neighbours that look the same through this API are one. */
function distinctRuns(contents: readonly string[]): readonly string[] {
  return contents.filter((content, i) => content !== contents[i - 1]);
}
