/**
 * What the memory of delivered rows costs, as ratios within one run: `npm run bench` prints the table and writes docs/bench.md.
 * Absolute times are the machine's; only the ratios are meant to be read.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fingerprint, FingerprintBucket, type Entry } from "../../service/core/fingerprints.js";
import { fold } from "../../service/core/fold.js";
import type { Row } from "../../service/core/model.js";
import { createSealer } from "../../service/store/sealer.js";
import { openSqliteStore } from "../../service/store/sqlite.js";
import { systemClock } from "../../service/system/clock.js";

const PAGE_ROWS = 5000;
const ROWS_PER_DAY = 5_000_000;
const BUCKETS_PER_DAY = 96;
const START_MS = Date.parse("2026-11-22T12:00:00Z");
const SALT = "0123456789abcdef";

interface Line {
  readonly what: string;
  readonly value: string;
  readonly ratio: string;
}

function text(at: number): string {
  const id = `${at.toString(16).padStart(8, "0")}-1111-2222-3333-444444444444`;
  return JSON.stringify({
    receivedDateTime: "2026-11-22T12:00:00.123Z", id, senderAddress: `sender${at % 977}@contoso.example`, recipientAddress: `recipient${at}@fabrikam.example`,
    messageId: `<${id}@mail.contoso.example>`, subject: `Quarterly figures and a subject of ordinary length, number ${at}`, status: "delivered",
    fromIP: "203.0.113.7", toIP: "198.51.100.9", size: 48_213 + at,
  });
}
function rowOf(at: number, line: string): Row {
  return { key: `${at.toString(16)}-1111|recipient${at}@fabrikam.example`, version: line, timeMs: START_MS + (at % 900_000), status: "delivered", text: line };
}
function entryOf(at: number): Entry {
  // Any well-spread 64 bits will do; SHA-256 of five million rows would take the time of the run.
  const hi = Math.imul(at + 1, 0x9e37_79b1) >>> 0;
  return { hi, lo: Math.imul(hi ^ at, 0x85eb_ca6b) >>> 0, content: at & 0x3f_ffff, status: "delivered", firstSeenAgeMs: 60_000 };
}

/** Shortest of several runs, µs: what disturbs only ever makes it longer. */
async function shortestUs(runs: number, clockUs: () => number, work: () => unknown): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const startedUs = clockUs();
    await work();
    shortest = Math.min(shortest, clockUs() - startedUs);
  }
  return shortest;
}
/** Time of the processor that this process used: a busy machine does not distort it. */
const processorUs = () => process.cpuUsage().user + process.cpuUsage().system;
const wallUs = () => performance.now() * 1000;

function fullBucket(rows: number): FingerprintBucket {
  let bucket = FingerprintBucket.empty();
  for (let at = 0; at < rows; at += PAGE_ROWS) bucket = bucket.with(Array.from({ length: Math.min(PAGE_ROWS, rows - at) }, (_, offset) => entryOf(at + offset)));
  return bucket;
}

/** A day of a loud tenant, as it lies in memory and in the store. */
function dayMemory(): { blobBytes: number; heldBytes: number } {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const bucket = fullBucket(ROWS_PER_DAY / BUCKETS_PER_DAY);
  const day = Array.from({ length: BUCKETS_PER_DAY }, () => FingerprintBucket.decode(Uint8Array.from(bucket.blob)));
  const blobBytes = day.reduce((sum, { blob }) => sum + blob.byteLength, 0);
  const rows = day.reduce((sum, { size }) => sum + size, 0);
  if (rows < ROWS_PER_DAY * 0.999) throw new Error(`${rows} rows in the buckets`);
  globalThis.gc?.();
  const after = process.memoryUsage();
  return { blobBytes, heldBytes: after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed };
}

async function measure(): Promise<{ lines: Line[]; stateMb: number; lookupShare: number }> {
  const lines = Array.from({ length: PAGE_ROWS }, (_, at) => text(at));
  const rows = lines.map((line, at) => rowOf(at, line));
  const bucket = fullBucket(Math.round(ROWS_PER_DAY / BUCKETS_PER_DAY));
  const known = Array.from({ length: PAGE_ROWS }, (_, at) => entryOf(at * 10));
  const page = Array.from({ length: PAGE_ROWS }, (_, at) => entryOf(10_000_000 + at));
  const parseUs = await shortestUs(30, processorUs, () => lines.forEach((line) => JSON.parse(line)));
  const findUs = await shortestUs(30, processorUs, () => known.forEach((entry) => bucket.find(entry)));
  const printUs = await shortestUs(15, processorUs, () => rows.forEach((row) => fingerprint(SALT, row)));
  const window = { startMs: START_MS, endMs: START_MS + 900_000 };
  const rules = { salt: SALT, statusChanges: "every", horizonMs: 86_400_000, readBefore: true } as const;
  const fresh = fold(rows, window, new Map(), rules, START_MS + 1_000_000);
  const holding = new Map([[START_MS, bucket.with(fresh.map(({ entry }) => entry))]]);
  const foldUs = await shortestUs(15, processorUs, () => {
    if (fold(rows, window, holding, rules, START_MS + 1_000_000).length > 0) throw new Error("not every row is known");
  });
  const mergeUs = await shortestUs(15, processorUs, () => bucket.with(page));
  const commitUs = await commitTime(bucket.with(page));
  const { blobBytes, heldBytes } = dayMemory();
  const perRow = (us: number) => `${(us / PAGE_ROWS).toFixed(2)} µs a row`;
  const times = (us: number) => (us / parseUs).toFixed(2);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return {
    lines: [
      { what: "JSON.parse of a page of 5,000 rows", value: perRow(parseUs), ratio: "1" },
      { what: "looking a row up in a full bucket", value: perRow(findUs), ratio: times(findUs) },
      { what: "fingerprinting a row", value: perRow(printUs), ratio: times(printUs) },
      { what: "fold of a page, every row known: fingerprint, look-up, decision", value: perRow(foldUs), ratio: times(foldUs) },
      { what: "merging a page of new rows into a full bucket of 52,083", value: perRow(mergeUs), ratio: times(mergeUs) },
      { what: "committing that bucket and the coverage to the SQLite store, durably", value: `${(commitUs / 1000).toFixed(1)} ms`, ratio: times(commitUs) },
      { what: "fingerprints of 5 million rows in 24 h, at rest", value: mb(blobBytes), ratio: "" },
      { what: "the same, all of it held in memory", value: mb(heldBytes), ratio: "" },
    ],
    stateMb: Math.max(blobBytes, heldBytes) / 1e6,
    lookupShare: findUs / parseUs,
  };
}

async function commitTime(bucket: FingerprintBucket): Promise<number> {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const folder = await mkdtemp(`${tmpdir()}/bench-`);
  const store = await openSqliteStore({ path: `${folder}/store.db`, clock: systemClock, sealer: createSealer(new Uint8Array(32)) });
  try {
    const sourceId = await store.nextId();
    const times = { createdMs: START_MS, changedMs: START_MS };
    await store.insertSource({ id: sourceId, collectorId: 100_000_000, revision: 1, schemaRef: { type: "MS Exchange Trace Logs" }, config: {}, secrets: {}, ...times, paused: false, stopping: false });
    let revision = (await store.progress(sourceId)).revision;
    return await shortestUs(10, wallUs, async () => {
      revision = await store.commit(sourceId, revision, { coverage: { spans: [] }, totals: {}, buckets: [{ startMs: START_MS, blob: bucket.blob }] });
    });
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
}

function markdown(lines: readonly Line[]): string {
  const body = lines.map(({ what, value, ratio }) => `| ${what} | ${value} | ${ratio} |`);
  return ["| what | cost | times the parsing of the same page |", "| --- | ---: | ---: |", ...body].join("\n");
}

const DOC = new URL("../../docs/bench.md", import.meta.url);
const INTRODUCTION = `# What remembering costs

Written by \`npm run bench\`. Times are those of the machine that ran it; the last column compares them with the parsing of the same page
in the same run, and is what may be relied upon. The run fails when the memory of five million rows exceeds 60 MB, or when a look-up
is not well below the parsing of the row.
`;

const { lines, stateMb, lookupShare } = await measure();
const table = markdown(lines);
process.stdout.write(`${table}\n`);
if (stateMb >= 60) throw new Error(`the memory of five million rows takes ${stateMb.toFixed(1)} MB`);
if (lookupShare >= 0.5) throw new Error(`a look-up takes ${lookupShare.toFixed(2)} of parsing the row`);
const next = `${INTRODUCTION}\n${table}\n`;
if ((await readFile(DOC, "utf8").catch(() => "")) !== next) await writeFile(DOC, next);
