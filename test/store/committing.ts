/** What the child process commits, and whether a store holds exactly such a commit. */
import assert from "node:assert/strict";
import type { Commit, Store } from "../../service/ports.js";

export const SOURCE_ID = 100_000_001;
const BUCKETS = 3;

/** A commit of which every part says its revision. */
export function commitOf(revision: number): Commit {
  const blob = new Uint8Array(20_000).fill(revision % 251);
  return {
    coverage: { revision },
    totals: { revision },
    buckets: Array.from({ length: BUCKETS }, (_, startMs) => ({ startMs, blob })),
    partial: { default: blob },
  };
}

/** The store holds one commit whole, not older than the last that was acknowledged. Returns its revision. */
export async function assertWhole(store: Store, acknowledged: number): Promise<number> {
  const { revision, coverage, totals } = await store.progress(SOURCE_ID);
  const last = commitOf(revision);
  assert.ok(revision >= acknowledged, `commit ${acknowledged} was acknowledged, ${revision} is what is there`);
  assert.deepEqual({ coverage, totals }, { coverage: last.coverage, totals: last.totals });
  assert.deepEqual(await store.buckets(SOURCE_ID, 0, BUCKETS), last.buckets);
  assert.deepEqual(await store.partial(SOURCE_ID), last.partial);
  const grant = Number((await store.grant("app"))?.refreshToken.slice("token-".length) ?? 0);
  assert.ok(grant >= acknowledged && grant <= revision, `grant ${grant} of revision ${revision}`);
  return revision;
}
