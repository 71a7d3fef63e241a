/** Slows down guessing of access keys: failed attempts are counted per address. */
import type { Clock } from "../ports.js";

export interface Attempts {
  /** Milliseconds until this address may try again; 0 when it may now, and then the attempt counts as failed until `succeeded`. */
  begin(address: string): number;
  succeeded(address: string): void;
}

interface Tally {
  failed: number;
  readonly sinceMs: number;
}

const FREE_ATTEMPTS = 10;
const WINDOW_MS = 60_000;
/** Bounds memory under a flood from many addresses: the oldest tally goes first. */
const ADDRESSES_MAX = 10_000;

/** Ten attempts a minute per address; a success gives its own attempt back. */
export function createAttempts(clock: Clock): Attempts {
  const tallies = new Map<string, Tally>();
  return {
    begin(address) {
      const key = network(address);
      const nowMs = clock.nowMs();
      const known = tallies.get(key);
      // A clock that was put back must not lock anybody out for long.
      const running = known && nowMs >= known.sinceMs && nowMs - known.sinceMs < WINDOW_MS ? known : undefined;
      if (running && running.failed >= FREE_ATTEMPTS) return running.sinceMs + WINDOW_MS - nowMs;
      if (running) running.failed++;
      else {
        tallies.delete(key);
        tallies.set(key, { failed: 1, sinceMs: nowMs });
        if (tallies.size > ADDRESSES_MAX) tallies.delete(tallies.keys().next().value!);
      }
      return 0;
    },
    succeeded(address) {
      const tally = tallies.get(network(address));
      if (tally) tally.failed = Math.max(0, tally.failed - 1);
    },
  };
}

/** An IPv6 host owns a whole /64: its addresses count as one. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = ""] = plain.split("::");
  return `${head.split(":").slice(0, 4).join(":")}::/64`;
}
