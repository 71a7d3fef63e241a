/** Chance, drawn from a seed. */
import { seededRandom } from "../../service/emulator/seeded-random.js";

export interface Dice {
  chance(share: number): boolean;
  /** A whole number, both bounds included. */
  between(low: number, high: number): number;
  pick<T>(choices: readonly T[]): T;
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T;
}

/** The dice of these parts: the same throws for ever. */
export function dice(...parts: readonly (string | number)[]): Dice {
  const random = seededRandom(...parts);
  return {
    chance: (share) => random() < share,
    between: (low, high) => Math.round(low + random() * (high - low)),
    pick: (choices) => choices[Math.floor(random() * choices.length)]!,
    weighted(choices) {
      let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, choice] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      return choices.at(-1)![1];
    },
  };
}
