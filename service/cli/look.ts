/** `collector sources|status|coverage`: what a running collector does, through its API. */
import type { Command } from "commander";
import { addAddress } from "./address.js";
import { callApi, type ApiAddress } from "./call-api.js";
import { allSources, findSource, type SourceSeen } from "./find-source.js";
import { instant } from "./numbers.js";
import { lengthOf, printJson, printLines, table } from "./print.js";

type Where = ApiAddress & { readonly json?: boolean };
type Bounds = { readonly from?: number; readonly to?: number };

export interface StatusSeen {
  readonly state: SourceSeen["state"];
  readonly paused: boolean;
  readonly cursor: string;
  readonly frontier: string;
  readonly settledUntil: string;
  readonly lagSeconds: number;
  readonly nextPoll: string | null;
  readonly debt: { readonly seconds: number; readonly rows: number; readonly requests: number };
  readonly gapSeconds: number;
  readonly stuckSeconds: number;
  readonly backfills: readonly { readonly id: string; readonly from: string; readonly to: string; readonly seconds: number; readonly leftSeconds: number }[];
  readonly totals: { readonly rowsRead: number; readonly rowsDelivered: number; readonly rowsLate: number; readonly rowsChanged: number; readonly lastDelivered: string | null };
  readonly destinations: readonly string[];
}
interface CoverageSeen {
  readonly seconds: Readonly<Record<string, number>>;
  readonly stretches: readonly { readonly from: string; readonly to: string; readonly state: string; readonly rows?: number; readonly reason?: string }[];
}

export const SOURCE_HELP = "\n<source> is an id or a name.";

export function addLook(program: Command): void {
  addAddress(program.command("sources").description("list the sources of all collectors"))
    .option("--json", "as the API answers, each with its collector")
    .addHelpText("after", "\nExamples:\n  collector sources\n  collector sources --json | jq -r '.sources[] | select(.state.state == \"Error\") | .name'")
    .action(async (where: Where) => {
      const sources = await allSources(where);
      if (where.json) return printJson({ sources });
      printLines(...table([["ID", "NAME", "COLLECTOR", "STATE"], ...sources.map((source) => [String(source.id), source.name, source.collector, stateOf(source)])]));
    });

  addAddress(program.command("status <source>").description("state of one source"))
    .option("--json", "as the API answers")
    .addHelpText("after", `${SOURCE_HELP}\n\nExamples:\n  collector status contoso\n  collector status 100000001 --json | jq .status.lagSeconds`)
    .action(async (given: string, where: Where) => {
      const { source, path } = await findSource(where, given);
      const answer = (await callApi(where, "GET", `${path}/status`)) as { status: StatusSeen };
      if (where.json) return printJson(answer);
      printLines(...table(statusRows(source, answer.status)));
    });

  addAddress(program.command("coverage <source>").description("what was read, settled, lost"))
    .option("--from <instant>", "ISO instant", instant)
    .option("--to <instant>", "ISO instant", instant)
    .option("--json", "as the API answers")
    .addHelpText("after", `${SOURCE_HELP}\n\nExamples:\n  collector coverage contoso\n  collector coverage contoso --from 2026-11-01T00:00:00Z --json | jq '.coverage.stretches[] | select(.state == "gap")'`)
    .action(async (given: string, where: Where & Bounds) => {
      const { path } = await findSource(where, given);
      const answer = (await callApi(where, "GET", `${path}/coverage${query(where)}`)) as { coverage: CoverageSeen };
      if (where.json) return printJson(answer);
      const { seconds, stretches } = answer.coverage;
      printLines(...table([["FROM", "TO", "STATE", "ROWS"], ...stretches.map(({ from, to, state, rows, reason }) => [from, to, reason === undefined ? state : `${state} (${reason})`, rows === undefined ? "" : String(rows)])]));
      printLines(Object.entries(seconds).filter(([, each]) => each > 0).map(([state, each]) => `${state} ${lengthOf(each)}`).join(", ") || "nothing is known yet");
    });
}

/** "Collecting", "Error: ...", with what stands beside it. */
export function stateOf({ state, paused }: Pick<SourceSeen, "state" | "paused">): string {
  const { errorInfo, recovering } = state;
  const said = errorInfo === undefined ? (recovering === undefined ? state.state : `${state.state}, recovering from ${recovering.fault}`) : `${state.state}: ${errorInfo}`;
  return paused ? `${said}, paused` : said;
}

function statusRows({ id, name, collector }: SourceSeen, status: StatusSeen): string[][] {
  const { totals, debt } = status;
  const lost = [["gap", status.gapSeconds], ["stuck", status.stuckSeconds]] as const;
  return [
    ["source", `${name} (${id}) in ${collector}`],
    ["state", stateOf(status)],
    ["lag", lengthOf(status.lagSeconds)],
    ["cursor", status.cursor],
    ["frontier", status.frontier],
    ["settled until", status.settledUntil],
    ["next poll", status.nextPoll ?? "now"],
    ["to be read", debt.seconds > 0 ? `${lengthOf(debt.seconds)}, about ${debt.rows} rows, ${debt.requests === 1 ? "one request" : `${debt.requests} requests`}` : "nothing"],
    ...lost.filter(([, seconds]) => seconds > 0).map(([what, seconds]) => [what, lengthOf(seconds)]),
    ...status.backfills.map(({ id: backfill, from, to, leftSeconds }) => ["backfill", `${backfill}: ${from} to ${to}, ${lengthOf(leftSeconds)} left`]),
    ["delivered", `${totals.rowsDelivered} rows (${totals.rowsLate} late, ${totals.rowsChanged} changed), last ${totals.lastDelivered ?? "never"}`],
    ["destinations", status.destinations.join(", ")],
  ];
}

function query({ from, to }: Bounds): string {
  const given = Object.entries({ from, to }).flatMap(([name, ms]) => (ms === undefined ? [] : [`${name}=${new Date(ms).toISOString()}`]));
  return given.length > 0 ? `?${given.join("&")}` : "";
}
