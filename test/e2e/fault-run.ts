/** All faults in one process: a tenant and a source for each, side by side, so that their waits pass together. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ENVIRONMENT } from "../../service/environment.js";
import type { ScheduledFault } from "../../service/emulator/fault-catalogue.js";
import { ACCESS, Collector, isCollecting, logOf, untilShown } from "./collector.js";
import { graphDefinition, reportingDefinition, tenantOf, type Tenant } from "./definitions.js";
import { caseName, isReceiverFault, ofLogin, type FaultCase } from "./fault-cases.js";
import { serveMicrosoft, type Microsoft } from "./microsoft.js";
import { judgeRepeats } from "./repeats.js";
import { huntSecrets } from "./secret-hunt.js";
import { COSTLY_LOOK_MS, until } from "./until.js";

export interface FaultRun {
  readonly collector: Collector;
  /** The story of one case to its end. Rejects with what went wrong. */
  outcome(one: FaultCase): Promise<void>;
  /** Ends it when all stories are told; where a secret was found, in log, answers or data folder. */
  close(): Promise<readonly string[]>;
}

interface Stage {
  readonly one: FaultCase;
  readonly tenant: Tenant;
  /** Where the fault shows. */
  readonly at: Microsoft;
  /** Where the rows of this case go. */
  readonly receiver: Microsoft;
  readonly destination: string;
}
interface Scene {
  readonly collector: Collector;
  /** Logs in, answers as Graph, and takes rows. */
  readonly microsoft: Microsoft;
  readonly startMs: number;
}

const BACKLOG_MS = 300_000;
const BACKLOG_ROWS_PER_SECOND = 0.2;
/** No poll finds nothing: a fault of a page would pass unseen. */
const LIVE_ROWS_PER_SECOND = 2;
/** Access tokens live for seconds, so that refresh tokens are used. */
const TOKEN_MS = 8_000;
/** How long a hanging connection is left before the network breaks it. */
const DROP_MS = 250;
const HORIZON_SECONDS = 20;
const SUMO_CODE = "ZaVnC4dhaV0e2eFaultRunReceiverCode";

export async function startFaultRun(cases: readonly FaultCase[], main: readonly string[], folder: string): Promise<FaultRun> {
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const startMs = nowMs - BACKLOG_MS;
  const flow = { segments: [{ fromMs: startMs, toMs: nowMs, rowsPerSecond: BACKLOG_ROWS_PER_SECOND }, { fromMs: nowMs, rowsPerSecond: LIVE_ROWS_PER_SECOND }], promptMsMax: 500, shareLate: 0, shareChanging: 0, shareRecalled: 0 };
  const tenants = cases.map((one) => tenantOf(caseName(one), flow));
  const atOnce = cases.flatMap(({ fault, rule, atOnce }, at): readonly ScheduledFault[] => (atOnce === true && rule ? [{ name: fault, tenantId: tenants[at]!.tenantId, ...rule }] : []));
  const options = { seed: "faults", tenants, tokenLifetimeMs: TOKEN_MS };
  const microsoft = await serveMicrosoft({ ...options, faults: atOnce });
  // A fault is switched by its name: the two APIs need an emulator each to show the same one to a tenant each. Tokens are the seed's, good for both.
  const reporting = await serveMicrosoft(options);
  const stages = await Promise.all(cases.map((one, at) => stageOf(one, tenants[at]!, microsoft, reporting)));
  const emulators = [...new Set([microsoft, reporting, ...stages.map(({ receiver }) => receiver)])];
  const destinations = await writeDestinations(folder, stages);
  const environment = { [ENVIRONMENT.reportingUrl]: `${reporting.url}/reporting` };
  const collector = await Collector.start({ main, dataDir: join(folder, "data"), microsoft: microsoft.url, destinations, access: ACCESS, environment });
  const scene = { collector, microsoft, startMs };
  const dropping = setInterval(() => emulators.forEach(drop), DROP_MS);
  const outcomes = new Map(stages.map((stage) => [stage.one, settled(play(stage, scene))]));
  return {
    collector,
    outcome: (one) => outcomes.get(one)!.then((failure) => {
      if (failure) throw failure.reason;
    }),
    async close() {
      await Promise.all(outcomes.values());
      clearInterval(dropping);
      await collector.kill();
      await Promise.all(emulators.map((one) => one.close()));
      const secrets = [SUMO_CODE, ACCESS.accessKey, ...tenants.flatMap(({ clientSecret, code }) => [clientSecret, code]), ...emulators.flatMap(({ tokens }) => [...tokens])];
      return huntSecrets({ secrets, programs: [collector.program], folders: [join(folder, "data")] });
    },
  };
}

/** The network breaks connections that hang; those of the login run into the collector's own time-out. */
function drop(one: Microsoft): void {
  one.dropHanging("page");
  one.dropHanging("receiver");
}

/** So that no story is an unhandled rejection while another one is looked at. */
function settled(story: Promise<void>): Promise<{ readonly reason: unknown } | undefined> {
  return story.then(() => undefined, (reason: unknown) => ({ reason }));
}

/** Receiver faults know no tenant: each has a receiver of its own. */
async function stageOf(one: FaultCase, tenant: Tenant, microsoft: Microsoft, reporting: Microsoft): Promise<Stage> {
  const ofPages = !isReceiverFault(one) && !ofLogin(one) && one.api === "reporting";
  if (!isReceiverFault(one)) return { one, tenant, at: ofPages ? reporting : microsoft, receiver: microsoft, destination: "sumo" };
  const receiver = await serveMicrosoft({ seed: one.fault, tenants: [] });
  return { one, tenant, at: receiver, receiver, destination: one.fault };
}

async function writeDestinations(folder: string, stages: readonly Stage[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "destinations.json");
  const byName = new Map(stages.map(({ destination, receiver }) => [destination, receiver.url]));
  const destinations = [...byName].map(([name, url]) => ({ name, type: "sumo-logic-http", url: `${url}/receiver/v1/http/${SUMO_CODE}` }));
  await writeFile(path, JSON.stringify({ destinations }));
  return path;
}

async function play(stage: Stage, scene: Scene): Promise<void> {
  const { one } = stage;
  const { collector } = scene;
  const { id } = await collector.post(definitionOf(stage, scene, one.rule === undefined ? "not-the-secret-of-this-app" : stage.tenant.clientSecret));
  if (one.atOnce !== true) {
    await untilShown(collector, id, "collecting before the fault", isCollecting);
    const ofTenant = isReceiverFault(one) ? {} : { tenantId: stage.tenant.tenantId };
    stage.at.emulator.faults.set(one.fault, { ...one.rule, ...ofTenant });
  }
  await untilFaultIsSeen(id, stage, scene);
  if (one.mending !== undefined) await mend(id, stage, scene);
  await untilShown(collector, id, "collecting again", isCollecting);
  await untilComplete(stage, scene);
}

function definitionOf({ one, tenant, destination }: Stage, { startMs }: Scene, clientSecret: string, code = tenant.code) {
  const common = { startMs, destinations: [destination], horizonSeconds: HORIZON_SECONDS };
  const given = { ...tenant, clientSecret, code };
  return one.api === "graph" ? graphDefinition(given, caseName(one), common) : reportingDefinition(given, caseName(one), common);
}

async function untilFaultIsSeen(id: number, { one, at }: Stage, { collector }: Scene): Promise<void> {
  const { shown, code, fault, rule } = one;
  if (shown === "nothing") {
    await until(`${caseName(one)} to have shown`, () => at.emulator.faults.shown(fault) === rule?.times);
    return;
  }
  if (shown === "logged") {
    await until(`${code} in the log`, () => logOf(collector.program).some((entry) => entry["sourceId"] === id && entry["fault"] === code));
    return;
  }
  const state = await untilShown(collector, id, `${shown}: ${code}`, ({ state, recovering, errorInfo }) => recovering?.fault === code || (state === "Error" && errorInfo !== undefined));
  if ((state.state === "Error") !== (shown === "error")) throw new Error(`${code} is shown as ${JSON.stringify(state)}`);
}

async function mend(id: number, stage: Stage, scene: Scene): Promise<void> {
  const { one, tenant } = stage;
  const { collector, microsoft } = scene;
  if (one.mending === "right secret") return collector.put(id, definitionOf(stage, scene, tenant.clientSecret));
  if (one.mending === "new code") return collector.put(id, definitionOf(stage, scene, tenant.clientSecret, microsoft.emulator.issueCode(tenant.tenantId)));
  // A refusal is answered from memory for some seconds: a person tries again, too.
  await until(`${caseName(one)} mended by a restart`, async () => {
    await collector.restart(id);
    const state = await untilShown(collector, id, "anything after a restart", ({ state: shown, recovering }) => shown === "Error" || (shown === "Collecting" && recovering === undefined));
    return state.state === "Collecting";
  });
}

/** Everything shown by now arrives, and nothing comes twice unless the answer to it was lost. */
async function untilComplete({ one, tenant, receiver }: Stage, { microsoft }: Scene): Promise<void> {
  const { emulator } = microsoft;
  const dueMs = Date.now();
  const taken = () => [...receiver.emulator.ledger.taken({ name: caseName(one) })];
  const hold = () => emulator.compare({ tenantId: tenant.tenantId, deliveredLines: taken(), dueMs });
  await until(`all rows of ${caseName(one)}`, () => {
    const { lost, finalWrong, delivered } = hold();
    return delivered > 0 && lost === 0 && finalWrong === 0;
  }, hold, COSTLY_LOOK_MS);
  const lostAnswers = new Set(receiver.emulator.ledger.requests().filter(({ outcome }) => outcome === "lost").map(({ serial }) => serial));
  const arrivals = taken().map(({ key, content, request }) => ({ source: caseName(one), said: `${key}|${content}`, batch: request }));
  const { unexplained } = judgeRepeats(arrivals, ({ batch }) => lostAnswers.has(batch));
  const { unexpected } = hold();
  if (unexplained.length + unexpected > 0) throw new Error(`${caseName(one)}: ${unexplained.length} lines repeated without a reason, ${unexpected} unexpected: ${JSON.stringify(unexplained.slice(0, 5))}`);
}
