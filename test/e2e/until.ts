/** Waiting for a state, bounded: what is waited for is asked again and again, and a wait that is in vain says what it saw last. */
import { setTimeout as sleep } from "node:timers/promises";

/** Often enough for states that last, seldom enough not to be the load that is tested. */
const LOOK_MS = 100;
/** For a look that costs more than a glance, such as comparing ledgers. */
export const COSTLY_LOOK_MS = 700;
/** Far beyond what a loaded machine needs: only a state that never comes is a failure. */
const PATIENCE_MS = 150_000;

/** The first value that is not undefined or false. Throws Error naming what did not come, with `last()` for the state seen instead. */
export async function until<Value>(what: string, look: () => Promise<Value | undefined | false> | Value | undefined | false, last: () => unknown = () => "", lookMs = LOOK_MS): Promise<Value> {
  const endMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() >= endMs) throw new Error(`waited in vain for ${what}; last seen: ${JSON.stringify(last())}`);
    await sleep(lookMs);
  }
}
