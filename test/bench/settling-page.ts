/** docs/settling.md: the schedule in plain words, and its sums. */
import { findLate, LOG_UNIFORM, quantile, UNIFORM, type Lateness, type Run } from "../simulation/schedule-sums.js";

export const FLOWS = [10_000, 1_000_000, 5_000_000] as const;
const NAMES: Readonly<Record<number, string>> = { 10_000: "10 thousand", 1_000_000: "1 million", 5_000_000: "5 million" };
/** What 80 % of 100 requests in 300 seconds are in a day. */
const BUDGET_PER_DAY = 80 * 288;

const WORDS = `# Settling: what is read again, and when

Microsoft's API has no "changed since". Rows appear up to 24 hours after their received time, and rows change their status in place. The
collector therefore reads each stretch of received time again, at growing ages, and delivers what is new or has changed.

The rule, for a row received at the time *t* (\`service/core/settling.ts\`, \`service/core/plan.ts\`):

1. It is read first by the poll that follows its received time: every polling interval, up to now less \`time_offset\`.
2. It is due again each time its age reaches the next of a series of ages. The first is five minutes (not less than the polling interval), each
   later one is the same factor older than the one before, and the last one is exactly \`settle_horizon\`, 24 hours by default. Young rows change
   often and are looked at often; old rows rarely do.
3. A quiet tenant's series has 129 ages, a louder tenant's 65, 33 or 17: the most that cost no more than some 6,500 requests a day. The loudest
   have nine, whatever they cost. The series are nested: when the flow changes, nothing becomes due all at once.
4. A request shows up to 5,000 rows, whether they are wanted or not. What is due is read as soon as it fills four pages. Between that, at most
   once in two and a half minutes, the stretch that has been due longest is read, and its page is filled with its neighbours, which costs no
   further request. So a quiet tenant, whose whole day fits into two or three pages, is read again as a whole many times an hour.
5. What has been due for half an hour goes before everything else of settling, so that no small stretch starves beside full pages.
6. New rows always go first; settling and catching up take turns; backfills come last. When the tenant's budget is short, settling is late, never
   skipped: a stretch counts as settled only when it was read as a whole at the age of the horizon, or older.

A late row is found by the first reading after it has become visible. A row that appears later than the horizon is not found: lengthen
\`settle_horizon\` where Microsoft is known to be slower.
`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** Requests of one day by purpose. */
export function requestsRow(rowsPerDay: number, { requests }: Run): string[] {
  const sum = requests.new + requests.settle + requests["catch-up"];
  const count = (value: number) => value.toLocaleString("en-US");
  return [NAMES[rowsPerDay] ?? count(rowsPerDay), count(requests.new), count(requests.settle), count(sum), `${Math.round((100 * sum) / BUDGET_PER_DAY)} %`];
}

/** Delay and age at which late rows are found. */
export function foundRow(rowsPerDay: number, run: Run, lateness: Lateness): string[] {
  const { delaysMs, agesMs } = findLate(run, lateness);
  return [NAMES[rowsPerDay] ?? String(rowsPerDay), ...[delaysMs, agesMs].flatMap((sorted) => [0.5, 0.99, 1].map((share) => spoken(quantile(sorted, share))))];
}

function spoken(ms: number): string {
  if (!Number.isFinite(ms)) return "never";
  const minutes = ms / 60_000;
  if (minutes < 100) return `${minutes.toFixed(1)} min`;
  return `${(minutes / 60).toFixed(1)} h`;
}

/** The page, from one run of the schedule per flow. */
export function settlingPage(runs: ReadonlyMap<number, Run>): string {
  const all = [...runs];
  const head = ["rows a day", "50 %", "99 %", "100 %", "age at 50 %", "at 99 %", "at 100 %"];
  const found = (lateness: Lateness) => table(head, all.map(([rows, run]) => foundRow(rows, run, lateness)));
  return `${WORDS}
## The sums

Written by \`npm run sums\`, which lets the collector's own \`plan\` live through two days of a steady flow (Graph: 5,000 rows a page, polling
every five minutes, \`time_offset\` 0, \`settle_horizon\` 24 hours) and counts the second day. A test fails when this page is stale.

### Requests a day

The budget is 80 of the 100 requests that Graph allows a tenant in any five minutes: ${BUDGET_PER_DAY.toLocaleString("en-US")} a day.

${table(["rows a day", "new rows", "settling", "together", "of the budget"], all.map(([rows, run]) => requestsRow(rows, run)))}

### When late rows are found

First the delay from the moment at which a late row is visible in the API to the reading that finds it; then the age, counted from its received time, at which
that share of all late rows has been found. A row is late when it was not visible at the first reading of its stretch.

As the emulator has it: log-uniform from two seconds to 24 hours, most rows within the hour.

${found(LOG_UNIFORM)}

Pessimistic: uniform from 0 to 24 hours, as likely in the last hour as in the first.

${found(UNIFORM)}

The age is mostly the lateness itself: nobody can find a row before it is visible. What the schedule adds is the delay.
`;
}
