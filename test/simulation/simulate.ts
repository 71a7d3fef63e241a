/**
 * npm run simulate -- [--seeds 10000] [--seed N] [--from 1] [--workers 2] [--planted]
 *
 * Plays seeds, or looks for planted bugs. Exit 1 when a seed fails, or a bug stays hidden.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { hunt, PLANTED_SEEDS } from "./hunt.js";
import { PLANTED } from "./planted.js";
import { play, type Outcome } from "./pool.js";
import { drawScenario } from "./scenario.js";
import type { Sums } from "./world.js";

const say = (text: string) => void process.stdout.write(`${text}\n`);

/** Whoever reads has read enough. */
process.stdout.on("error", () => process.exit(1));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "200" },
      seed: { type: "string" },
      from: { type: "string", default: "1" },
      workers: { type: "string", default: String(availableParallelism()) },
      planted: { type: "boolean", default: false },
    },
  });
  const workers = count("workers", values.workers);
  if (values.planted) return await findPlanted(workers);
  const from = count("seed", values.seed ?? values.from);
  return await playSeeds(from, values.seed === undefined ? count("seeds", values.seeds) : 1, workers);
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new RangeError(`--${name} must be a whole number from 1, not "${text}"`);
  return number;
}

async function playSeeds(from: number, seeds: number, workers: number): Promise<number> {
  const startedMs = performance.now();
  const failed: Outcome[] = [];
  const all: Sums[] = [];
  let asked = 0;
  let over = 0;
  await play({
    workers: Math.min(workers, seeds),
    next: () => (asked < seeds ? { seed: from + asked++ } : undefined),
    done(outcome) {
      over += 1;
      if (outcome.sums) all.push(outcome.sums);
      else {
        failed.push(outcome);
        tellFailure(outcome);
      }
      const leftS = ((performance.now() - startedMs) / over) * (seeds - over) / 1000;
      progress(`${over} of ${seeds} seeds, ${failed.length} failed, ${Math.round(leftS)} s left`, over);
    },
  });
  clearProgress();
  tellSums(all, seeds, (performance.now() - startedMs) / 1000);
  if (failed.length > 0) say(`failed: ${failed.length} of ${seeds} seeds: ${failed.map(({ seed }) => seed).join(", ")}`);
  return failed.length > 0 ? 1 : 0;
}

/** Off a terminal, one line for so many seeds. */
const LINE_SEEDS = 500;

/** One line that is written over; off a terminal a line now and then. */
function progress(text: string, over: number): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
  else if (over % LINE_SEEDS === 0) say(text);
}

function clearProgress(): void {
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
}

function tellFailure({ seed, broken }: Outcome): void {
  clearProgress();
  const { flow, ...scenario } = drawScenario(seed);
  say(`\nseed ${seed} failed: ${broken}\n  scenario ${JSON.stringify(scenario)}\n  flow ${JSON.stringify(flow)}\n  replay   npm run simulate -- --seed ${seed}`);
}

function tellSums(all: readonly Sums[], seeds: number, tookS: number): void {
  const sum = (of: (one: Sums) => number) => all.reduce((total, one) => total + of(one), 0);
  const faults = new Map<string, number>();
  for (const one of all) for (const [name, shown] of Object.entries(one.faults)) faults.set(name, (faults.get(name) ?? 0) + shown);
  const days = sum(({ virtualMs }) => virtualMs) / 86_400_000;
  say(`${all.length} of ${seeds} seeds passed in ${tookS.toFixed(1)} s: ${days.toFixed(1)} days of virtual time, ${sum((one) => one.requests)} requests, `
    + `${sum((one) => one.rows)} rows, ${sum((one) => one.lines)} lines taken, ${sum((one) => one.kills)} kills, ${sum((one) => one.consents)} fresh consents`);
  say(`faults shown: ${[...faults].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, shown]) => `${name} ${shown}`).join(", ") || "none"}`);
  if (all.length === 1) say(`trace ${all[0]!.trace}`);
}

async function findPlanted(workers: number): Promise<number> {
  const found = await hunt(PLANTED, workers, ({ name }, outcome) => {
    say(`${outcome ? `seed ${String(outcome.seed).padStart(3)}` : "NOT FOUND"}  ${name.padEnd(44)} ${outcome?.broken?.split("\n")[0]?.slice(0, 140) ?? ""}`);
  });
  say(`${found.size} of ${PLANTED.length} planted bugs found within ${PLANTED_SEEDS} seeds`);
  return found.size === PLANTED.length ? 0 : 1;
}

process.exitCode = await main();
