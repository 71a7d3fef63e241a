/** Progress of sources: coverage, totals, fingerprint buckets and partial takes, changed by commits only. */
import type { Bucket, Commit, Store } from "../ports.js";
import { BUCKET_MS } from "../core/fingerprints.js";
import { Fault } from "../core/fault.js";
import { asBoundMs, asJson, bytesOf, integerOf, jsonOf, textOf, type Database, type Query } from "./database.js";

type ProgressStore = Pick<Store, "progress" | "buckets" | "partial" | "commit">;

export function progress(database: Database): ProgressStore {
  return {
    async progress(sourceId) {
      const [row] = await database.query("SELECT revision, coverage, totals FROM progress WHERE source_id = $1", [sourceId]);
      if (!row) return { revision: 0, coverage: undefined, totals: undefined };
      return { revision: integerOf(row, "revision"), coverage: jsonOf(row, "coverage"), totals: jsonOf(row, "totals") };
    },
    async buckets(sourceId, startMs, endMs) {
      const rows = await database.query(
        "SELECT start_ms, content FROM buckets WHERE source_id = $1 AND start_ms >= $2 AND start_ms < $3 ORDER BY start_ms",
        [sourceId, asBoundMs(startMs), asBoundMs(endMs)],
      );
      return rows.map((row) => ({ startMs: integerOf(row, "start_ms"), blob: bytesOf(row, "content") }));
    },
    async partial(sourceId) {
      const rows = await database.query("SELECT destination, content FROM partial_takes WHERE source_id = $1 ORDER BY destination", [sourceId]);
      return Object.fromEntries(rows.map((row) => [textOf(row, "destination"), bytesOf(row, "content")]));
    },
    async commit(sourceId, expectedRevision, commit) {
      return await database.transaction(async (query) => {
        const revision = await advance(query, sourceId, expectedRevision, commit);
        // what is forgotten by window goes first: a bucket that this commit brings for the same window is newer
        if (commit.forget) await forgetWindow(query, sourceId, commit.forget);
        for (const bucket of commit.buckets) await putBucket(query, sourceId, bucket);
        if (commit.forgetBeforeMs !== undefined) {
          await query("DELETE FROM buckets WHERE source_id = $1 AND start_ms < $2", [sourceId, asBoundMs(commit.forgetBeforeMs)]);
        }
        if (commit.partial) await replacePartial(query, sourceId, commit.partial);
        return revision;
      });
    },
  };
}

/** A source that was deleted has no row: its late worker is fenced like one that was overtaken. */
async function advance(query: Query, sourceId: number, expectedRevision: number, commit: Commit): Promise<number> {
  const [row] = await query(
    "UPDATE progress SET revision = revision + 1, coverage = $3, totals = $4 WHERE source_id = $1 AND revision = $2 RETURNING revision",
    [sourceId, expectedRevision, asJson(commit.coverage), asJson(commit.totals)],
  );
  if (!row) throw new Fault("fenced", { detail: `source ${sourceId} is not at revision ${expectedRevision} any more` });
  return integerOf(row, "revision");
}

async function putBucket(query: Query, sourceId: number, bucket: Bucket): Promise<void> {
  await query(
    "INSERT INTO buckets (source_id, start_ms, content) VALUES ($1, $2, $3) ON CONFLICT (source_id, start_ms) DO UPDATE SET content = excluded.content",
    [sourceId, bucket.startMs, bucket.blob],
  );
}

/** A bucket spans BUCKET_MS from its start. */
async function forgetWindow(query: Query, sourceId: number, { startMs, endMs }: { startMs: number; endMs: number }): Promise<void> {
  const firstStartMs = Math.floor(startMs - BUCKET_MS) + 1;
  await query("DELETE FROM buckets WHERE source_id = $1 AND start_ms >= $2 AND start_ms < $3", [sourceId, asBoundMs(firstStartMs), asBoundMs(endMs)]);
}

async function replacePartial(query: Query, sourceId: number, partial: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await query("DELETE FROM partial_takes WHERE source_id = $1", [sourceId]);
  for (const [destination, content] of Object.entries(partial)) {
    await query("INSERT INTO partial_takes (source_id, destination, content) VALUES ($1, $2, $3)", [sourceId, destination, content]);
  }
}
