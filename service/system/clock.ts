import type { Clock } from "../ports.js";

/** setTimeout counts in a signed 32-bit integer and fires at once beyond it: longer waits are taken in pieces. */
const TIMER_MS_MAX = 2_000_000_000;

/** The machine's clock. `sleep` of any length; rejects with the signal's reason. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(ms, signal) {
    let leftMs = Math.max(0, ms);
    do {
      const pieceMs = Math.min(leftMs, TIMER_MS_MAX);
      await pause(pieceMs, signal);
      leftMs -= pieceMs;
    } while (leftMs > 0);
  },
};

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
