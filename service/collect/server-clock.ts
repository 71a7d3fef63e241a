/**
 * Time as Microsoft has it: the host's clock, set right by the `Date` header of Microsoft's answers (RFC 9110 section 6.6.1).
 *
 * Received times, the end of a window, the tenant's quota and the settle horizon are all measured by Microsoft's clock. A host
 * clock that is ahead asks for windows that end in the future and settles rows too early; one that is put forward makes the
 * record of requests look older than it is.
 */
import type { Clock, Http } from "../ports.js";

/** A clock that may know by how much the host's own is ahead, ms (negative: behind); absent = not at all. */
export type CorrectedClock = Clock & { readonly leadMs?: number };

export interface ServerClock extends Clock {
  readonly leadMs: number;
  /** The same requests; every answer's `Date` is listened to. Only for requests to Microsoft. */
  listening(http: Http): Http;
}

/** The header counts whole seconds, rounded down. */
const DATE_STEP_MS = 1000;
/** A host that is wrong by more cannot use TLS or tokens either; a date further off is a proxy's. */
const LEAD_MS_MAX = 86_400_000;

/** A clock that begins as the host's and follows the answers. */
export function createServerClock(host: Clock): ServerClock {
  let leadMs = 0;

  function learn(header: string | undefined, sentMs: number): void {
    const dateMs = header === undefined ? Number.NaN : Date.parse(header);
    if (Number.isNaN(dateMs)) return;
    // The answer was dated between sending and now, so the lead lies between these two.
    const leastMs = sentMs - dateMs - DATE_STEP_MS;
    const mostMs = host.nowMs() - dateMs;
    if (Math.abs(mostMs) > LEAD_MS_MAX || leastMs > mostMs) return;
    // Of what is possible the earliest time: a clock that is a little behind only waits, one that is ahead claims too much.
    if (leadMs < leastMs || leadMs > mostMs) leadMs = mostMs;
  }

  return {
    get leadMs() {
      return leadMs;
    },
    nowMs: () => host.nowMs() - leadMs,
    sleep: (ms, signal) => host.sleep(ms, signal),
    listening: (http) => async (request) => {
      const sentMs = host.nowMs();
      const response = await http(request);
      learn(response.headers["date"], sentMs);
      return response;
    },
  };
}
