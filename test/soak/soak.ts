/** `npm run soak -- --kills 500 [--seed N]`: worlds of lives that end with kill -9, until so many kills are made; exits 1 on any loss. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileService, type Compiled } from "../e2e/compiled.js";
import { runKills, type KillRunOutcome } from "../e2e/kill-run.js";
import { killLeftovers } from "../e2e/program.js";

/** Kills per world. More would use up Graph's quota of its tenants, and the lives would only wait. */
const WORLD_KILLS = 25;
const YOUNG_KILLS = 3;
const TIME_SHARE = 0.3;
/** Off a terminal, one line for so many kills. */
const LINE_KILLS = 10;
const HELP = `npm run soak -- [--kills 500] [--seed 1] [--lanes 2] [--world N]

--kills   kill -9 so many times (default 500)
--seed    kill points and worlds are drawn from it (default: the time)
--lanes   worlds at the same time (default 2: one per core)
--world   this world of the seed alone, to see a failure again
`;

interface Order {
  readonly kills: number;
  readonly seed: number;
  readonly lanes: number;
  readonly world: number | undefined;
}
interface Tally {
  kills: number;
  produced: number;
  delivered: number;
  lost: number;
  repeated: number;
  unexplained: number;
  readonly objections: string[];
}

function readOrder(): Order | undefined {
  const { values } = parseArgs({ options: { kills: { type: "string" }, seed: { type: "string" }, lanes: { type: "string" }, world: { type: "string" }, help: { type: "boolean" } } });
  const count = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
  const order = { kills: count(values.kills, 500), seed: count(values.seed, Date.now() % 1_000_000), lanes: count(values.lanes, 2), world: values.world === undefined ? undefined : count(values.world, 0) };
  const usable = [order.kills, order.seed, order.lanes, order.world ?? 0].every(Number.isInteger) && order.kills > 0 && order.lanes > 0;
  return values.help === true || !usable ? undefined : order;
}

async function soak(order: Order, compiled: Compiled): Promise<Tally> {
  const tally: Tally = { kills: 0, produced: 0, delivered: 0, lost: 0, repeated: 0, unexplained: 0, objections: [] };
  const startedMs = performance.now();
  const worlds = order.world === undefined ? Array.from({ length: Math.ceil(order.kills / WORLD_KILLS) }, (_, at) => at) : [order.world];
  const wanted = worlds.length * WORLD_KILLS;
  const isTerminal = process.stdout.isTTY === true;
  let killed = 0;
  const progress = () => {
    killed += 1;
    const perMinute = killed / ((performance.now() - startedMs) / 60_000);
    const line = `${killed} kills of ${wanted}, ${perMinute.toFixed(0)} a minute, lost ${tally.lost}`;
    if (isTerminal) process.stdout.write(`\r${line} `);
    else if (killed % LINE_KILLS === 0) process.stdout.write(`${line}\n`);
  };
  const lane = async () => {
    for (let world = worlds.shift(); world !== undefined; world = worlds.shift()) add(tally, world, order.seed, await runWorld(world, order.seed, compiled, progress));
  };
  await Promise.all(Array.from({ length: order.lanes }, lane));
  return tally;
}

async function runWorld(world: number, seed: number, { main }: Compiled, progress: () => void): Promise<KillRunOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "collector-soak-"));
  try {
    return await runKills({ seed: `${seed}.${world}`, folder, kills: WORLD_KILLS, youngKills: YOUNG_KILLS, timeShare: TIME_SHARE, main, progress });
  } catch (thrown) {
    return { points: [], held: [], objections: [thrown instanceof Error ? thrown.message : String(thrown)] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function add(tally: Tally, world: number, seed: number, { points, held, objections }: KillRunOutcome): void {
  tally.kills += points.length;
  for (const { comparison, explained, unexplained } of held) {
    tally.produced += comparison.produced;
    tally.delivered += comparison.delivered;
    tally.lost += comparison.lost;
    tally.repeated += explained;
    tally.unexplained += unexplained.length;
  }
  if (objections.length === 0) return;
  const lines = [`world ${world} of seed ${seed} (again: npm run soak -- --seed ${seed} --world ${world}):`, ...objections, `killed at: ${points.join("; ")}`];
  process.stdout.write(`\n${lines.join("\n  ")}\n`);
  tally.objections.push(...objections);
}

async function main(): Promise<number> {
  const order = readOrder();
  if (order === undefined) {
    process.stderr.write(HELP);
    return 2;
  }
  process.on("SIGINT", () => void killLeftovers().then(() => process.exit(130)));
  const startedMs = performance.now();
  const compiled = await compileService();
  try {
    process.stdout.write(`seed ${order.seed}\n`);
    const tally = await soak(order, compiled);
    const minutes = (performance.now() - startedMs) / 60_000;
    process.stdout.write(`\n${tally.kills} kills in ${minutes.toFixed(1)} minutes: produced ${tally.produced}, delivered ${tally.delivered}, lost ${tally.lost}, repeated ${tally.repeated} (each in a batch that a kill cut short), repeated without a reason ${tally.unexplained}\n`);
    return tally.objections.length === 0 ? 0 : 1;
  } finally {
    await killLeftovers();
    await compiled.remove();
  }
}

process.exitCode = await main();
