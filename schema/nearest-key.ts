/** The known word that a misspelled one was meant to be. */

/** Longer words are nobody's typing error; also bounds the work on hostile input. */
const LENGTH_MAX = 64;

/**
 * The known key nearest to `key`, or undefined when none is near enough: at most a third of its letters differ,
 * upper and lower case, hyphens and underscores left aside.
 */
export function nearestKey(key: string, known: Iterable<string>): string | undefined {
  if (key.length > LENGTH_MAX) return undefined;
  const plain = simplify(key);
  let best: string | undefined;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const target = simplify(candidate);
    const distance = editDistance(plain, target);
    // Spelling decides between candidates that differ in case and underscores alone, such as client_secret and clientSecret.
    const score = distance + editDistance(key, candidate) / 1000;
    if (score < bestScore && distance <= Math.floor(Math.max(plain.length, target.length) / 3)) {
      best = candidate;
      bestScore = score;
    }
  }
  return best;
}

function simplify(key: string): string {
  return key.toLowerCase().replaceAll(/[-_\s.]/g, "");
}

/** Levenshtein's distance with neighbours swapped as one step: how many typing errors lead from one text to the other. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
