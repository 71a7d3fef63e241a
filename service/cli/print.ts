/** What commands write: tables and lists for people, JSON for scripts. */

/** JSON as a script reads it, on lines that a person can read too. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printLines(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

/** Columns as wide as their longest cell; the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join("  ").trimEnd());
}

/** "3 d 4 h", "42 s": the two largest units. */
export function lengthOf(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const at = units.findIndex(([size]) => seconds >= size);
  if (at < 0) return "0 s";
  const [size, name] = units[at]!;
  const whole = Math.floor(seconds / size);
  const next = units[at + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[0]) : 0;
  return rest > 0 ? `${whole} ${name} ${rest} ${next![1]}` : `${whole} ${name}`;
}
