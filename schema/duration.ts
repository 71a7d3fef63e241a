/** Durations as people write them: "30s", "5m", "24h", "10d". */

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Milliseconds of a duration: a whole number without sign and leading zero, and one of the units s, m, h, d.
 * Undefined when the text is none. Which units and lengths a field allows is the schema's business.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})([smhd])$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  return match && unitMs !== undefined ? Number(match[1]) * unitMs : undefined;
}
