/** Numbers on the command line, with an error that says what would be right. */
import { InvalidArgumentError } from "commander";

export function integer(from: number, to = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to) throw new InvalidArgumentError(`must be a whole number from ${from} to ${to}.`);
    return value;
  };
}

/** A number from 0, fractions too. */
export function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError("must be a number from 0.");
  return value;
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) throw new InvalidArgumentError("must be a share from 0 to 1.");
  return value;
}

/** An ISO instant as ms since the epoch. */
export function instant(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError("must be an ISO instant such as 2026-11-22T08:00:00Z.");
  return ms;
}
