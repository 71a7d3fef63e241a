/** Time as the APIs write it: Graph shows milliseconds, the reporting service 100 ns ticks. */

/** Milliseconds since the epoch and the 100 ns ticks (0 to 9999) beyond them; one number cannot hold both exactly. */
export interface Instant {
  readonly ms: number;
  readonly ticks: number;
}

/** Below zero when a is earlier. */
export function compareInstants(a: Instant, b: Instant): number {
  return a.ms - b.ms || a.ticks - b.ticks;
}

const FORM = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?$/i;

/**
 * ISO 8601 as clients send it: whole seconds to nanoseconds, with `Z`, an offset or nothing (UTC), or a date alone.
 * What is finer than a tick is cut. Undefined when it cannot be read.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = FORM.exec(text);
  if (!match) return undefined;
  const [, date, time = "00:00:00", fraction = "", zone = "Z"] = match;
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  const digits = fraction.padEnd(7, "0");
  return { ms: ms + Number(digits.slice(0, 3)), ticks: Number(digits.slice(3, 7)) };
}

/** ISO 8601 without `Z`; trailing zeros of the fraction are left out, as .NET writes it. */
export function formatInstant(instant: Instant): string {
  const seconds = new Date(instant.ms).toISOString().slice(0, 19);
  const ms = ((instant.ms % 1000) + 1000) % 1000;
  const fraction = (String(ms).padStart(3, "0") + String(instant.ticks).padStart(4, "0")).replace(/0+$/, "");
  return fraction === "" ? seconds : `${seconds}.${fraction}`;
}
