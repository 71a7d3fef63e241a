/** One world, many lives: each is killed at a point drawn from the seed, the next one takes over, the last one finishes. */
import { join } from "node:path";
import { seededRandom } from "../../service/emulator/seeded-random.js";
import { openSqliteDatabase } from "../../service/store/sqlite.js";
import { ACCESS, Collector, launchCollector, type CollectorOptions } from "./collector.js";
import { drawKillPoint, killAt, pointText, type KillPoint } from "./kill-point.js";
import { deathbed, holdUp, isComplete, objections, type Deathbed, type Held } from "./kill-verdict.js";
import { openKillWorld, type KillWorld } from "./kill-world.js";
import type { Program } from "./program.js";
import { huntSecrets } from "./secret-hunt.js";
import { COSTLY_LOOK_MS, until } from "./until.js";

export interface KillRunOptions {
  readonly seed: string;
  readonly folder: string;
  readonly kills: number;
  /** Kills of a folder that has never been started whole: at moments of time during start-up. */
  readonly youngKills: number;
  /** Share of moments of time among the points. */
  readonly timeShare: number;
  readonly main: readonly string[];
  readonly progress?: (kills: number) => void;
}
export interface KillRunOutcome {
  readonly points: readonly string[];
  readonly held: readonly Held[];
  /** What speaks against the run; empty when every promise was kept. */
  readonly objections: readonly string[];
}

const YOUNG_MS_MAX = 1200;
const TIME_SPAN_MS = 2500;
/** Rows that a life takes with it at the most, on average: the backlog lasts for all of them. */
const ROWS_PER_KILL = 40;

export async function runKills(options: KillRunOptions): Promise<KillRunOutcome> {
  const random = seededRandom("kills", options.seed);
  const world = await openKillWorld({ seed: options.seed, folder: options.folder, backlogRows: Math.max(600, ROWS_PER_KILL * options.kills), liveRowsPerSecond: 3 });
  const start: CollectorOptions = { main: options.main, dataDir: world.dataDir, microsoft: world.microsoft.url, destinations: world.destinations, access: ACCESS };
  const deaths: Deathbed[] = [];
  const points: string[] = [];
  const programs: Program[] = [];
  try {
    for (let young = 0; young < options.youngKills; young++) {
      const point: KillPoint = { kind: "time", afterMs: Math.floor(random() * YOUNG_MS_MAX) };
      programs.push(await liveUntil(point, start, world));
      points.push(`young, ${pointText(point)}`);
      options.progress?.(points.length);
    }
    programs.push(await firstWholeLife(start, world));
    deaths.push(deathbed(world));
    while (points.length < options.kills) {
      const point = drawKillPoint(random, options.timeShare, TIME_SPAN_MS);
      programs.push(await liveUntil(point, start, world));
      deaths.push(deathbed(world));
      points.push(pointText(point));
      options.progress?.(points.length);
      // The last third of the lives has only late rows and changes before it, and the end is not waited for as long.
      if (points.length === Math.ceil(options.kills * 0.66)) world.microsoft.emulator.stopFlow();
    }
    const last = await Collector.start(start);
    programs.push(last.program);
    await untilComplete(last, world, deaths);
    const { code } = await last.stop();
    return await judge(world, deaths, points, code, programs);
  } finally {
    await world.microsoft.close();
  }
}

/** Posts the definitions and lets every source deliver once, so that the code is redeemed; then it is killed as well. */
async function firstWholeLife(start: CollectorOptions, { microsoft, sources }: KillWorld): Promise<Program> {
  const collector = await Collector.start(start);
  for (const { definition } of sources) await collector.post(definition);
  await until("a first line of each source", () => sources.every(({ name }) => [...microsoft.emulator.ledger.taken({ name })].length > 0));
  await collector.kill();
  return collector.program;
}

/** A wait in vain tells what each source says of itself. */
async function untilComplete(collector: Collector, world: KillWorld, deaths: readonly Deathbed[]): Promise<void> {
  let states: readonly unknown[] = [];
  const isOver = async () => {
    if (isComplete(world)) return true;
    states = await Promise.all((await collector.sources()).map(async ({ id }) => (await collector.call("GET", `/api/v1/sources/${id}/status`)).json));
    return false;
  };
  await until("everything delivered", isOver, () => ({ held: summary(holdUp(world, deaths)), states }), COSTLY_LOOK_MS);
}

async function liveUntil(point: KillPoint, start: CollectorOptions, { microsoft }: KillWorld): Promise<Program> {
  const program = launchCollector(start);
  const strike = () => void process.kill(program.pid, "SIGKILL");
  if (point.kind === "time") setTimeout(() => program.hasEnded || strike(), point.afterMs);
  else microsoft.watch = killAt(point, strike);
  const { code, signal } = await program.ended;
  microsoft.watch = () => undefined;
  if (signal !== "SIGKILL") throw new Error(`a life ended by itself with ${code ?? signal}: ${program.said.out.slice(-2000)}${program.said.err.slice(-2000)}`);
  return program;
}

async function judge(world: KillWorld, deaths: readonly Deathbed[], points: readonly string[], lastExit: number | null, programs: readonly Program[]): Promise<KillRunOutcome> {
  const { emulator, tokens } = world.microsoft;
  const held = holdUp(world, deaths);
  const { codesRedeemedAgain, tenants } = emulator.status();
  const integrity = await integrityOf(join(world.dataDir, "collector.db"));
  const leaks = await huntSecrets({ secrets: [...world.secrets, ...tokens, ACCESS.accessKey], programs, folders: [world.dataDir] });
  const refused = tenants.reduce((sum, { quota }) => sum + quota.refused, 0);
  const others = [
    ...(lastExit === 0 ? [] : [`the last life ended with ${lastExit}`]),
    ...(integrity === "ok" ? [] : [`the store is damaged: ${integrity}`]),
    ...(codesRedeemedAgain === 0 ? [] : [`an authorization code was redeemed ${codesRedeemedAgain} times too often`]),
    ...(refused === 0 ? [] : [`${refused} requests went beyond a tenant's quota`]),
    ...leaks.map((place) => `a secret was found: ${place}`),
  ];
  return { points, held, objections: [...objections(held), ...others] };
}

async function integrityOf(path: string): Promise<string> {
  const database = openSqliteDatabase(path);
  try {
    return (await database.query("PRAGMA integrity_check")).map((row) => Object.values(row).join(" ")).join("; ");
  } finally {
    await database.close();
  }
}

/** A few words per source and destination. */
export function summary(held: readonly Held[]): string {
  return held.map(({ name, comparison: { produced, delivered, lost, finalWrong }, explained, unexplained }) =>
    `${name}: produced ${produced}, delivered ${delivered}, lost ${lost}, last state wrong ${finalWrong}, repeated ${explained} with and ${unexplained.length} without a reason`).join("; ");
}
