/** What the files hold, against what the emulator produced. */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import type { Emulator } from "../emulator/emulator.js";

export interface DemoVerdict {
  readonly produced: number;
  /** Nothing lost, nothing repeated, every row in its last state. */
  readonly passed: boolean;
  /** Everything that was produced is shown and has arrived in its last state. */
  readonly settled: boolean;
  readonly text: string;
  /** For a run that was stopped in the middle: what is under way is not lost. */
  readonly interim: string;
  /** Nothing came twice, nothing came that was never produced. */
  readonly sound: boolean;
}

/** Compares the delivered files with the emulator's own ledger. */
export async function verdictOf(folder: string, emulator: Emulator): Promise<DemoVerdict> {
  const lines: string[] = [];
  for await (const line of deliveredLines(join(folder, "collector", "rows"))) lines.push(line);
  const result = emulator.compare({ deliveredLines: lines });
  const { produced, delivered, lost, repeated, late, changed, finalWrong, unexpected } = result;
  const passed = lost === 0 && repeated === 0 && finalWrong === 0 && unexpected === 0;
  const { nowMs } = emulator.status();
  const waiting = [...emulator.produced()].some((row) => row.visibleAtMs > nowMs || row.changes.some((change) => change.atMs > nowMs));
  const examples = passed ? "" : `not yet right: ${JSON.stringify(result.examples)}\n`;
  const text = `produced ${produced}, delivered ${delivered}, lost ${lost}, repeated ${repeated}\nlate ${late}, changed ${changed}, last state wrong ${finalWrong}\n${examples}`;
  const interim = `produced ${produced}, delivered ${delivered}, still to come ${lost}, repeated ${repeated}, late ${late}, changed ${changed}\nRun it again and it goes on here.\n`;
  return { produced, passed, settled: passed && delivered === produced && !waiting, text, interim, sound: repeated === 0 && unexpected === 0 };
}

/** Lines of all files of a file destination, oldest file first, the current one last. */
async function* deliveredLines(folder: string): AsyncGenerator<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.ndjson(\.gz)?$/.test(name));
  const current = names.filter((name) => name.includes("-current."));
  const rotated = names.filter((name) => !name.includes("-current.")).toSorted();
  for (const name of [...rotated, ...current]) {
    const file = createReadStream(join(folder, name));
    yield* createInterface({ input: name.endsWith(".gz") ? file.pipe(createGunzip()) : file, crlfDelay: Number.POSITIVE_INFINITY });
  }
}
