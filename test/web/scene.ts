/** A collector with sources in every state that the page knows, for looking at. */
import { cover, emptyCoverage, markGap, markStuck, tidy, type Coverage } from "../../service/core/coverage.js";
import { Fault } from "../../service/core/fault.js";
import { reached, STARTING, troubled, type Health } from "../../service/core/health.js";
import { NO_TOTALS } from "../../service/collect/journal.js";
import type { SourceState } from "../../service/collect/supervisor.js";
import { NOW_MS, post, type Bench } from "./harness.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const COLLECTING: Health = reached(STARTING, "Collecting");
const TOTALS = { ...NO_TOTALS, rowsRead: 2_412_007, rowsDelivered: 1_284_311, rowsLate: 8412, rowsChanged: 12_950, lastDeliveredMs: NOW_MS - 41_000 };

/** Makes the sources of the scene; answers their ids by name. */
export async function setScene(bench: Bench): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const add = async (name: string, state: Partial<SourceState>, config: object = {}) => {
    const { id } = await post(bench, { name, ...config });
    ids.set(name, id);
    bench.states.set(id, { paused: "paused" in config, nextMs: NOW_MS + 4 * MINUTE_MS, totals: TOTALS, ...state });
  };
  await add("Contoso production", { health: COLLECTING, coverage: steady() }, { destinations: ["default", "archive"] });
  await add("Fabrikam", { health: troubled(COLLECTING, new Fault("html-answer", { detail: '200 with text/html: "Sign in to Outlook"' }), NOW_MS - 20_000, NOW_MS + 42_000), coverage: behind() });
  const expired = troubled(COLLECTING, new Fault("secret-expired", { detail: "AADSTS7000222: The provided client secret keys for app '11111111-2222-3333-4444-555555555555' are expired.", status: 401 }), NOW_MS - 3 * HOUR_MS, NOW_MS + 5 * MINUTE_MS);
  await add("Northwind Traders, Exchange Online of the subsidiaries in Nürnberg and 東京", { health: { ...expired, warning: { text: "Sumo Logic answered 200 with: messages truncated", atMs: NOW_MS } }, coverage: broken(), nextMs: NOW_MS + 5 * MINUTE_MS });
  await add("Tailspin Toys", { health: reached(STARTING, "Authenticating"), coverage: emptyCoverage(NOW_MS - 5 * MINUTE_MS), totals: NO_TOTALS, nextMs: 0 });
  await add("Wide World Importers", { health: reached(STARTING, "Initialized"), coverage: old() }, { paused: true });
  return ids;
}

/** What a healthy source looks like after some days. */
function steady(): Coverage {
  let coverage = cover(emptyCoverage(NOW_MS - 6 * DAY_MS), { startMs: NOW_MS - 6 * DAY_MS, endMs: NOW_MS - 20 * HOUR_MS }, NOW_MS + 5 * HOUR_MS, 2_000_000);
  coverage = tidy(coverage, 24 * HOUR_MS, NOW_MS + 5 * HOUR_MS);
  for (let hours = 20; hours > 0; hours--) {
    const window = { startMs: NOW_MS - hours * HOUR_MS, endMs: NOW_MS - (hours - 1) * HOUR_MS - (hours === 1 ? 2 * MINUTE_MS : 0) };
    coverage = cover(coverage, window, window.endMs + 20 * MINUTE_MS, 14_000);
  }
  return { ...coverage, polledMs: NOW_MS - MINUTE_MS };
}

/** After a downtime: caught up at the front, a hole behind, backfills on the way. */
function behind(): Coverage {
  let coverage = steady();
  coverage = { ...coverage, spans: coverage.spans.flatMap((span) => (span.endMs <= NOW_MS - 7 * HOUR_MS || span.startMs >= NOW_MS - 3 * HOUR_MS ? [span] : [])) };
  const backfill = { startMs: NOW_MS - 30 * DAY_MS, endMs: NOW_MS - 10 * DAY_MS, createdMs: NOW_MS - HOUR_MS };
  coverage = cover(coverage, { startMs: NOW_MS - 17 * DAY_MS, endMs: NOW_MS - 10 * DAY_MS }, NOW_MS - MINUTE_MS, 90_000);
  return { ...coverage, backfills: [{ ...backfill, id: "1", again: false }, { ...backfill, startMs: NOW_MS - 7 * HOUR_MS, endMs: NOW_MS - 6 * HOUR_MS, id: "2", again: true }] };
}

/** Losses of every kind, a very short one among them. */
function broken(): Coverage {
  const coverage = steady();
  const spans = coverage.spans.filter((span) => span.endMs <= NOW_MS - 3 * HOUR_MS && (span.startMs < NOW_MS - 14 * HOUR_MS || span.startMs >= NOW_MS - 12 * HOUR_MS));
  let holed: Coverage = { ...coverage, spans };
  holed = markGap(holed, { startMs: NOW_MS - 14 * HOUR_MS, endMs: NOW_MS - 13 * HOUR_MS }, "given-up", NOW_MS);
  holed = markStuck(holed, { startMs: NOW_MS - 13 * HOUR_MS, endMs: NOW_MS - 12.5 * HOUR_MS }, NOW_MS + HOUR_MS, "window-unreadable");
  holed = markStuck(holed, { startMs: NOW_MS - 8 * HOUR_MS, endMs: NOW_MS - 8 * HOUR_MS + 1000 }, NOW_MS + HOUR_MS, "window-unreadable");
  return markGap({ ...holed, originMs: NOW_MS - 95 * DAY_MS }, { startMs: NOW_MS - 95 * DAY_MS, endMs: NOW_MS - 90 * DAY_MS }, "history", NOW_MS);
}

function old(): Coverage {
  const window = { startMs: NOW_MS - 3 * DAY_MS, endMs: NOW_MS - 9 * HOUR_MS };
  return tidy(cover(emptyCoverage(window.startMs), window, NOW_MS - 8 * HOUR_MS, 5000), DAY_MS, NOW_MS);
}
