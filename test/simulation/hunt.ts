/** Looks for planted bugs: each by one process, seed after seed, until one finds it. */
import type { Planted } from "./planted.js";
import { play, type Outcome } from "./pool.js";

/** Within so many seeds each bug must be found. */
export const PLANTED_SEEDS = 200;

/** The failures that gave the bugs away, by name; `told` hears of each bug when its hunt is over. */
export async function hunt(bugs: readonly Planted[], workers: number, told: (bug: Planted, found: Outcome | undefined) => void): Promise<ReadonlyMap<string, Outcome>> {
  const found = new Map<string, Outcome>();
  const waiting = [...bugs];
  const search = async () => {
    for (let bug = waiting.shift(); bug; bug = waiting.shift()) {
      await huntOne(bug, found);
      told(bug, found.get(bug.name));
    }
  };
  await Promise.all(Array.from({ length: workers }, search));
  return found;
}

async function huntOne({ name, foundBy }: Planted, found: Map<string, Outcome>): Promise<void> {
  // The seed that found it last time first: a hint only, all others follow.
  const seeds = [...(foundBy > 0 ? [foundBy] : []), ...Array.from({ length: PLANTED_SEEDS }, (_, at) => at + 1).filter((seed) => seed !== foundBy)];
  await play({
    workers: 1,
    next() {
      const seed = found.has(name) ? undefined : seeds.shift();
      return seed === undefined ? undefined : { seed, bug: name };
    },
    done: (outcome) => void (outcome.broken !== undefined && found.set(name, outcome)),
  });
}
