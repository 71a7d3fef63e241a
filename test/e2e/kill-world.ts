/** What the lives of a kill run have in common: emulated tenants, destinations, data folder, and three sources. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FlowOptions } from "../../service/emulator/flow-options.js";
import { integer, pick, seededRandom } from "../../service/emulator/seeded-random.js";
import { graphDefinition, reportingDefinition, tenantOf, type Tenant } from "./definitions.js";
import { serveMicrosoft, type Microsoft } from "./microsoft.js";

export interface KillWorld {
  readonly microsoft: Microsoft;
  readonly dataDir: string;
  readonly destinations: string;
  /** Lines of the destination "rows" go here. */
  readonly rowsPath: string;
  readonly batchBytesMax: number;
  readonly sources: readonly WorldSource[];
  /** What must not be found anywhere. */
  readonly secrets: readonly string[];
}
export interface WorldSource {
  readonly name: string;
  readonly tenant: Tenant;
  readonly definition: unknown;
  readonly intoFile: boolean;
}

export interface KillWorldOptions {
  readonly seed: string;
  readonly folder: string;
  /** Rows of each tenant that wait when the run begins. */
  readonly backlogRows: number;
  /** Rows a second of each tenant during the run. */
  readonly liveRowsPerSecond: number;
}

const BACKLOG_MS = 6 * 3_600_000;
const LATE_MS_MAX = 8_000;
/** Rows are late, and change, for less than this: nothing that the API shows may be missing in the end. */
const HORIZON_SECONDS = 16;
const SUMO_CODE = "ZaVnC4dhaV0e2eKillRunReceiverCode";

export async function openKillWorld({ seed, folder, backlogRows, liveRowsPerSecond }: KillWorldOptions): Promise<KillWorld> {
  const random = seededRandom("kill world", seed);
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const startMs = nowMs - BACKLOG_MS;
  const flow: FlowOptions = {
    segments: [{ fromMs: startMs, toMs: nowMs, rowsPerSecond: backlogRows / (BACKLOG_MS / 1000) }, { fromMs: nowMs, rowsPerSecond: liveRowsPerSecond }],
    shareLate: 0.2, lateMsMax: LATE_MS_MAX, shareChanging: 0.2, changeMsMax: LATE_MS_MAX,
  };
  const tenants = ["Ada", "Bob", "Cyd"].map((name) => tenantOf(`${name.toLowerCase()}-${seed}`, flow));
  const microsoft = await serveMicrosoft({ seed, tenants });
  // Windows of many batches, so that most moments lie inside one.
  const batchBytesMax = pick(random, [1000, 1500, 2500, 6000]);
  const rows = join(folder, "rows");
  const destinations = await writeDestinations(folder, rows, `${microsoft.url}/receiver/v1/http/${SUMO_CODE}`, batchBytesMax);
  const [ada, bob, cyd] = tenants as [Tenant, Tenant, Tenant];
  const common = { startMs, horizonSeconds: HORIZON_SECONDS };
  const anyExtra = () => ({ annotate: random() < 0.5, catch_up: pick(random, ["oldest", "newest"]), status_changes: "every" });
  // Graph's quota would end a run of many lives: one of its sources is polled seldom.
  const seldom = { pollingIntervalMin: `${integer(random, 15, 30)}s`, budget_reserve: 0 };
  const both = ["sumo", "rows"];
  const sources: readonly WorldSource[] = [
    { name: "ada", tenant: ada, intoFile: true, definition: graphDefinition(ada, "ada", { ...common, destinations: both, extra: { ...anyExtra(), ...seldom } }) },
    { name: "bob", tenant: bob, intoFile: false, definition: graphDefinition(bob, "bob", { ...common, destinations: ["sumo"], extra: { ...anyExtra(), ...seldom } }) },
    { name: "cyd", tenant: cyd, intoFile: true, definition: reportingDefinition(cyd, "cyd", { ...common, destinations: both, extra: anyExtra() }) },
  ];
  const secrets = [SUMO_CODE, ...tenants.flatMap(({ clientSecret, code }) => [clientSecret, code])];
  return { microsoft, dataDir: join(folder, "data"), destinations, rowsPath: join(rows, "rows-current.ndjson"), batchBytesMax, sources, secrets };
}

async function writeDestinations(folder: string, rows: string, receiver: string, batchBytesMax: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "destinations.json");
  const destinations = [
    { name: "sumo", type: "sumo-logic-http", url: receiver, batch_bytes_max: batchBytesMax },
    { name: "rows", type: "file", path: rows },
  ];
  await writeFile(path, JSON.stringify({ destinations }));
  return path;
}
