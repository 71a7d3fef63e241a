/** SIGTERM in the middle: the stop is quick, the next life goes on, nothing is lost and nothing comes twice. */
import assert from "node:assert/strict";
import { ACCESS, Collector, launchCollector, listening, type CollectorOptions } from "./collector.js";
import { holdUp, isComplete, objections } from "./kill-verdict.js";
import { openKillWorld, type KillWorld } from "./kill-world.js";
import type { Moment, Place } from "./microsoft.js";
import type { Program } from "./program.js";
import { huntSecrets } from "./secret-hunt.js";
import { COSTLY_LOOK_MS, until } from "./until.js";

const STOP_MS_MAX = 10_000;
/** Answers of pages take this long, so that a page is under way for sure. */
const SLOW_MS = 3_000;

interface Stop {
  readonly place: Place;
  readonly moment: Moment;
  readonly nth: number;
  /** The answer is held back. */
  readonly slow?: boolean;
}
export const STOPS: readonly Stop[] = [
  { place: "page", moment: "taken", nth: 1, slow: true },
  { place: "receiver", moment: "arrived", nth: 5 },
  { place: "receiver", moment: "taken", nth: 12 },
  { place: "login", moment: "arrived", nth: 1 },
  { place: "receiver", moment: "answered", nth: 3 },
];

/** Resolves when everything was delivered once. Rejects with what went wrong. */
export async function runRestarts(main: readonly string[], folder: string): Promise<void> {
  const world = await openKillWorld({ seed: "restart", folder, backlogRows: 250, liveRowsPerSecond: 3 });
  const { microsoft, dataDir, destinations, sources } = world;
  try {
    const start = { main, dataDir, microsoft: microsoft.url, destinations, access: ACCESS };
    const first = await Collector.start(start);
    for (const { definition } of sources) await first.post(definition);
    await until("a first line of each source", () => sources.every(({ name }) => [...microsoft.emulator.ledger.taken({ name })].length > 0));
    assert.equal((await first.stop()).code, 0);
    const stopped = [];
    for (const stop of STOPS) stopped.push(await stopInTheMiddle(stop, start, world));
    microsoft.emulator.stopFlow();
    const last = await Collector.start(start);
    await until("everything delivered", () => isComplete(world), () => objections(holdUp(world, [])), COSTLY_LOOK_MS);
    assert.equal((await last.stop()).code, 0);
    // Without a kill no repeat has an excuse.
    assert.deepEqual(objections(holdUp(world, [])), []);
    const leaks = await huntSecrets({ secrets: [...world.secrets, ...microsoft.tokens], programs: [first.program, ...stopped, last.program], folders: [dataDir] });
    assert.deepEqual(leaks, []);
  } finally {
    await microsoft.close();
  }
}

async function stopInTheMiddle(stop: Stop, start: CollectorOptions, world: KillWorld): Promise<Program> {
  const { faults } = world.microsoft.emulator;
  if (stop.slow === true) faults.set("slow", { delayMs: SLOW_MS });
  const isDue = counted(world, stop);
  const program = launchCollector(start);
  await listening(program);
  await until(`request ${stop.nth} (${stop.place}) ${stop.moment}`, isDue);
  const { code, tookMs } = await program.signal("SIGTERM");
  faults.clear();
  assert.equal(code, 0, program.said.out.slice(-1000));
  assert.ok(tookMs < STOP_MS_MAX, `the stop took ${tookMs} ms`);
  return program;
}

/** True once the request is at its moment. Signals take no effect in the middle of it: what follows is up to the collector. */
function counted({ microsoft }: KillWorld, { place, moment, nth }: Stop): () => boolean {
  let count = 0;
  microsoft.watch = (at, when) => {
    if (at === place && when === moment) count += 1;
  };
  return () => count >= nth;
}
