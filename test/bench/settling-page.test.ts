import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { findLate, LOG_UNIFORM, runSchedule, UNIFORM } from "../simulation/schedule-sums.js";
import { FLOWS, foundRow, requestsRow, settlingPage } from "./settling-page.js";

const STALE = "docs/settling.md is stale: npm run sums";
const written = () => readFile(new URL("../../docs/settling.md", import.meta.url), "utf8");

describe("docs/settling.md", function () {
  this.timeout(120_000);
  // The loud flows take longer to live through; `npm run sums` does them.
  const [quiet] = FLOWS;
  const run = runSchedule(quiet);

  it("has the numbers that the schedule gives today", async () => {
    const page = await written();
    for (const row of [requestsRow(quiet, run), foundRow(quiet, run, LOG_UNIFORM), foundRow(quiet, run, UNIFORM)]) assert.ok(page.includes(`| ${row.join(" | ")} |`), `${STALE} (no line ${row.join(" | ")})`);
    const wordsOf = (text: string) => text.split("\n").filter((line) => !line.startsWith("|")).join("\n");
    assert.equal(wordsOf(page), wordsOf(settlingPage(new Map([[quiet, run]]))), STALE);
  });

  it("every late row within the horizon is found, none needs the horizon's end to be seen young", () => {
    for (const lateness of [LOG_UNIFORM, UNIFORM]) {
      const { delaysMs, agesMs } = findLate(run, lateness);
      assert.ok(delaysMs.length > 100 && delaysMs.every(Number.isFinite) && agesMs.every((age, at) => age >= (agesMs[at - 1] ?? 0)));
    }
  });
});
