/** After all lives: what the emulator produced, held against what the receiver took and what the file holds. */
import { readFileSync } from "node:fs";
import type { Comparison } from "../../service/emulator/compare.js";
import { readTraceLine } from "../../service/emulator/trace-line.js";
import { rowKey } from "../../service/emulator/trace-row.js";
import type { KillWorld, WorldSource } from "./kill-world.js";
import { judgeRepeats, type Arrival } from "./repeats.js";

/** How far the ledgers were when a life was over, before the next one began. */
export interface Deathbed {
  /** Requests at the receiver. */
  readonly requests: number;
  /** Whole lines in the file. */
  readonly fileLines: number;
}

export interface Held {
  /** "sumo: ada", "rows: cyd", ... */
  readonly name: string;
  readonly comparison: Comparison;
  readonly explained: number;
  readonly unexplained: readonly string[];
}

/** Whole lines of the file; a torn end belongs to nobody. */
export function fileLines(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
}

export function deathbed({ microsoft, rowsPath }: KillWorld): Deathbed {
  return { requests: microsoft.emulator.ledger.totals().requests, fileLines: fileLines(rowsPath).length };
}

/** Everything shown has arrived, in its last state, at both destinations. */
export function isComplete(world: KillWorld): boolean {
  const { nowMs, tenants } = world.microsoft.emulator.status();
  if (tenants.some(({ produced, visible }) => visible < produced)) return false;
  const rows = [...world.microsoft.emulator.produced()];
  if (rows.some((row) => row.changes.some(({ atMs }) => atMs > nowMs))) return false;
  return holdUp(world, []).every(({ comparison: { lost, finalWrong } }) => lost === 0 && finalWrong === 0);
}

/** One verdict per source and destination. */
export function holdUp(world: KillWorld, deaths: readonly Deathbed[]): readonly Held[] {
  const lines = fileLines(world.rowsPath);
  const owner = ownersOf(world);
  const inFile = world.sources.filter(({ intoFile }) => intoFile);
  return [...world.sources.map((source) => holdReceiver(world, source, deaths)), ...inFile.map((source) => holdFile(world, source, lines, owner, deaths))];
}

function holdReceiver(world: KillWorld, { name, tenant }: WorldSource, deaths: readonly Deathbed[]): Held {
  const { ledger } = world.microsoft.emulator;
  const taken = [...ledger.taken({ name })];
  // The batch under way at a kill is the last one that was taken before it: each is committed before the next is sent.
  const underWay = new Set(deaths.map(({ requests }) => taken.findLast(({ request }) => request < requests)?.request));
  const arrivals = taken.map(({ key, content, request }): Arrival => ({ source: name, said: `${key}|${content}`, batch: request }));
  const repeats = judgeRepeats(arrivals, ({ batch }) => underWay.has(batch));
  return held(`sumo: ${name}`, world.microsoft.emulator.compare({ tenantId: tenant.tenantId, deliveredLines: taken }), repeats);
}

function holdFile(world: KillWorld, { name, tenant }: WorldSource, lines: readonly string[], owner: ReadonlyMap<string, string>, deaths: readonly Deathbed[]): Held {
  const mine = lines.flatMap((text, at) => {
    const line = readTraceLine(text);
    return line && owner.get(line.key) === tenant.tenantId ? [{ ...line, at, bytes: Buffer.byteLength(text) + 1 }] : [];
  });
  const underWay = new Set<number>();
  for (const death of deaths) {
    // The file knows no batches: at most one batch full of its last lines.
    let bytes = 0;
    for (const line of mine.filter(({ at }) => at < death.fileLines).toReversed()) {
      bytes += line.bytes;
      if (bytes > Math.max(world.batchBytesMax, line.bytes)) break;
      underWay.add(line.at);
    }
  }
  const repeats = judgeRepeats(mine.map(({ key, content, at }) => ({ source: name, said: `${key}|${content}`, batch: at })), ({ batch }) => underWay.has(batch));
  return held(`rows: ${name}`, world.microsoft.emulator.compare({ tenantId: tenant.tenantId, deliveredLines: mine }), repeats);
}

function held(name: string, comparison: Comparison, { explained, unexplained }: ReturnType<typeof judgeRepeats>): Held {
  return { name, comparison, explained, unexplained: unexplained.map(({ said, batch }) => `${said} in ${batch}`) };
}

/** Which tenant a line belongs to. */
function ownersOf({ microsoft, sources }: KillWorld): ReadonlyMap<string, string> {
  return new Map(sources.flatMap(({ tenant }) => [...microsoft.emulator.produced(tenant.tenantId)].map((row) => [rowKey(row), tenant.tenantId] as const)));
}

/** What speaks against a run; empty when every promise was kept. */
export function objections(held: readonly Held[]): readonly string[] {
  return held.flatMap(({ name, comparison: { delivered, lost, finalWrong, unexpected, repeated, examples }, explained, unexplained }) => [
    ...(delivered === 0 ? [`${name}: nothing was delivered`] : []),
    ...(lost + finalWrong + unexpected > 0 ? [`${name}: lost ${lost}, last state wrong ${finalWrong}, unexpected ${unexpected}: ${JSON.stringify(examples)}`] : []),
    ...(unexplained.length > 0 ? [`${name}: ${unexplained.length} lines repeated without a reason: ${unexplained.slice(0, 5).join(", ")}`] : []),
    // Two ways of counting the same: when they differ, one of them is wrong.
    ...(explained + unexplained.length !== repeated ? [`${name}: the emulator counts ${repeated} repeats, this test ${explained + unexplained.length}`] : []),
  ]);
}
