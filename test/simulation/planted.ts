/**
 * Bugs to be planted in a copy of the collector, each as replacements of text: the simulation must find every one. A replacement that
 * does not fit any more fails loudly: then the bug is to be planted anew, not dropped.
 */

export interface Patch {
  /** Below service/. */
  readonly file: string;
  /** Exactly one place. */
  readonly find: string;
  readonly put: string;
}
export interface Planted {
  readonly name: string;
  /** The seed that finds it: tried first by a hunt, replayed by the tests; 0 until a hunt has found one. */
  readonly foundBy: number;
  readonly patches: readonly Patch[];
}

function bug(name: string, foundBy: number, ...patches: (readonly [file: string, find: string, put: string])[]): Planted {
  return { name, foundBy, patches: patches.map(([file, find, put]) => ({ file, find, put })) };
}

const TURN = "collect/turn.ts";
const READING = "  for await (const page of ports.source.read(window, signals.stopping)) {";

export const PLANTED: readonly Planted[] = [
  bug("commit before write", 1,
    [TURN, "    try {\n      await deliver({", "    await journal.delivered(rows.map((row) => row.fresh));\n    try {\n      await deliver({"],
    [TURN, "    await journal.delivered(rows.map((row) => row.fresh));\n  }\n}", "  }\n}"]),
  bug("window closed although a page failed", 13,
    [TURN, READING, "  for await (const page of untilFailure(ports.source.read(window, signals.stopping))) {"],
    [TURN, "function countIn(", "async function* untilFailure(pages: AsyncIterable<Page>): AsyncGenerator<Page> {\n  let some = false;\n  try {\n    for await (const page of pages) {\n      some = true;\n      yield page;\n    }\n  } catch (thrown) {\n    if (!some) throw thrown;\n  }\n}\n\nfunction countIn("]),
  bug("off by one at the upper edge", 3, ["core/fold.ts", "row.timeMs >= window.endMs) continue;", "row.timeMs >= window.endMs - 1) continue;"]),
  bug("off by one at the lower edge", 3, ["core/fold.ts", "if (row.timeMs < window.startMs ||", "if (row.timeMs <= window.startMs ||"]),
  bug("windows overlap by nothing and miss a second", 3, ["core/plan.ts", "  return { startMs: Math.max(window.startMs, window.endMs - atLeastOneSecond(ms)), endMs: window.endMs };", "  return { startMs: Math.max(window.startMs + SECOND_MS, window.endMs - atLeastOneSecond(ms)), endMs: window.endMs };"],
    [TURN, "cover(coverage, { startMs: window.startMs, endMs }", "cover(coverage, { startMs: window.startMs - 1000, endMs }"]),
  bug("key without recipient", 1, ["sources/ms-exchange-trace-logs/record.ts", "return `${id}|${recipient.toLowerCase()}`;", "return `${id}|`;"]),
  bug("fingerprints forgotten too early", 1, ["collect/journal.ts", "bucketStartMs(Math.min(this.#ports.clock.nowMs() - this.#keep.horizonMs, endMs, ...needed)) - BUCKET_MS", "bucketStartMs(Math.min(this.#ports.clock.nowMs() - this.#keep.horizonMs / 2, endMs, Math.max(...needed)))"]),
  bug("next link kept over turns", 5,
    ["sources/ms-exchange-trace-logs/paging.ts", "  let url = trace.firstUrl(window, options.pageRows);", "  const place = `${window.startMs}`;\n  let url = kept.get(place) ?? trace.firstUrl(window, options.pageRows);\n  kept.delete(place);"],
    ["sources/ms-exchange-trace-logs/paging.ts", "    seen.add(url);\n    lastDigest", "    seen.add(url);\n    kept.set(place, url);\n    lastDigest"],
    ["sources/ms-exchange-trace-logs/paging.ts", "    if (link === undefined) return;", "    kept.delete(place);\n    if (link === undefined) return;"],
    ["sources/ms-exchange-trace-logs/paging.ts", "/** Longest sleep", "const kept = new Map<string, string>();\n/** Longest sleep"]),
  bug("code redeemed twice", 17, ["identity/grants.ts", "if (!(await this.#store.claimCode(key))) {", "await this.#store.claimCode(key);\n    if (this.#outcomes.size < 0) {"]),
  bug("refresh token used before it is saved", 3, ["identity/grants.ts", "      await this.#save(key, { refreshToken: tokens.refreshToken });", "      this.#unsaved.set(key, { refreshToken: tokens.refreshToken });"]),
  bug("budget per source", 5, ["collect/wiring.ts", "  const budgetKey = `${config.api}|", "  const budgetKey = `${record.id}|${config.api}|"]),
  bug("budget forgotten at a restart", 37, ["collect/quota.ts", "ports.store.requests(budgetKey).then(", "Promise.resolve<BudgetRecord>({ timesMs: [], pausedUntilMs: 0 }).then("]),
  bug("cursor moved on 429", 51,
    [TURN, READING, `  const read = async function* () {
    try {
      yield* ports.source.read(window, signals.stopping);
    } catch (thrown) {
      if ((thrown as { code?: string }).code === "throttled") await journal.change(cover(journal.coverage, window, startedMs, 0));
      throw thrown;
    }
  };
  for await (const page of read()) {`]),
  bug("429 ignored", 51,
    ["collect/worker.ts", "    if (fault.code === \"throttled\") await this.#ports.throttled(clock.nowMs() + waitMs);\n", ""],
    ["core/backoff.ts", "  if (fault.retryAfterMs !== undefined) return Math.max(fault.retryAfterMs, RETRY_MS_MIN);\n  if (fault.code === \"throttled\") return THROTTLED_MS;\n", ""]),
  bug("status change ignored", 1, ["core/fold.ts", "  if (rules.statusChanges !== \"every\") return false;", "  if (rules.salt !== \"\") return false;"]),
  bug("held rows never delivered", 10, ["core/fold.ts", " && ageMs < rules.horizonMs;", ";"]),
  bug("held rows remembered as delivered", 3, ["core/fold.ts", "  if (!memory && isHeld(row, ageMs, rules)) return undefined;", "  if (!memory && isHeld(row, ageMs, rules) && ageMs < rules.horizonMs / 2) return undefined;"]),
  bug("partial takes forgotten", 12, [TURN, "  if (partly.size > 0) await journal.deliveredPartly(partly);\n", "  if (partly.size < 0) await journal.deliveredPartly(partly);\n"]),
  bug("partial takes are of versions", 37, ["collect/takes.ts", "  return version !== undefined && (!everyVersion || version === versionPrint(fresh));", "  return version === versionPrint(fresh) && everyVersion !== undefined;"]),
  bug("one destination is enough", 12, ["collect/delivery.ts", "  if (failed) throw new DeliveryStopped(taken, failed.reason);", "  if (results.every((result) => result.status === \"rejected\")) throw new DeliveryStopped(taken, failed!.status === \"rejected\" ? failed!.reason : undefined);"]),
  bug("a lost answer counts as taken", 5, ["collect/delivery.ts", "      const waitMs = backoffMs(fault, ++tries, ports.random);", "      if (fault.code === \"destination-error\") {\n        for (const { fresh } of part) taken.set(keyPrint(fresh), versionPrint(fresh));\n        continue;\n      }\n      const waitMs = backoffMs(fault, ++tries, ports.random);"]),
  bug("second half of a halved batch dropped", 10, ["collect/delivery.ts", "open.unshift(part.slice(0, half), part.slice(half));", "open.unshift(part.slice(0, half));"]),
  bug("last age of settling skipped", 5, ["core/settling.ts", "Array.from({ length: steps + 1 }, (_, at)", "Array.from({ length: steps }, (_, at)"]),
  bug("settled before the horizon", 1, ["core/coverage.ts", "Math.min(span.endMs, span.readMs - horizonMs)", "Math.min(span.endMs, span.readMs - horizonMs / 2)"]),
  bug("read at the end of reading", 10, [TURN, "  const readMs = began.look();", "  const readMs = clock.nowMs();"]),
  bug("gap recorded silently", 123, ["collect/worker.ts", "    this.#ports.observe({ kind: \"gap\", sourceId: this.#rules.turn.sourceId, window: lost, reason: \"history\" });\n", ""]),
  bug("gap taken for read", 25,
    ["collect/worker.ts", "markGap(journal.coverage, lost, \"history\", this.#ports.clock.nowMs())", "cover(journal.coverage, lost, this.#ports.clock.nowMs(), 0)"],
    ["collect/worker.ts", "import { markGap,", "import { cover,"]),
  bug("what the API forgot before it was settled counts as settled", 50,
    ["core/plan.ts", "kind === \"stuck\" || kind === \"read\"", "kind === \"stuck\""],
    ["core/coverage.ts", "Math.min(span.endMs, span.readMs - horizonMs)", "Math.min(span.endMs, Math.max(span.readMs - horizonMs, nowMs - 240 * 3_600_000))"]),
  bug("fence ignored", 76, ["store/progress.ts", "WHERE source_id = $1 AND revision = $2 RETURNING revision", "WHERE source_id = $1 AND $2 >= 0 RETURNING revision"]),
  bug("memory believed after a failed commit", 1,
    ["collect/worker.ts", "    if (this.#journal) await this.#journal.reload();\n    this.#doubtful = false;\n    const verdict", "    this.#doubtful = false;\n    const verdict"],
    ["collect/journal.ts", "    this.#revision = await this.#ports.store.commit(this.#sourceId, this.#revision, { ...change, buckets: blobs });\n    this.#coverage = change.coverage as Coverage;", "    this.#coverage = change.coverage as Coverage;\n    this.#revision = await this.#ports.store.commit(this.#sourceId, this.#revision, { ...change, buckets: blobs });"]),
  bug("foreign link followed", 23, ["sources/ms-exchange-trace-logs/links.ts", "  if (to.origin !== from.origin || to.origin === \"null\") {", "  if (to.origin === \"null\") {"]),
  bug("repeated page is the last", 5, ["sources/ms-exchange-trace-logs/paging.ts", "    if (digest !== \"\" && digest === lastDigest) throw new Fault(", "    if (digest !== \"\" && digest === lastDigest) return;\n    if (pages < 0) throw new Fault("]),
  bug("the host's clock is believed", 6,
    ["collect/server-clock.ts", "    if (leadMs < leastMs || leadMs > mostMs) leadMs = mostMs;", "    if (leadMs > mostMs + LEAD_MS_MAX) leadMs = mostMs;"]),
  bug("backfill again forgets more than it reads", 38, ["collect/operations.ts", "      const whole = again ? wholeBuckets(asked) : asked;", "      const whole = asked;"],
    ["collect/operations.ts", "return { ...erase(coverage, forget), backfills", "return { ...erase(coverage, window), backfills"]),
];
