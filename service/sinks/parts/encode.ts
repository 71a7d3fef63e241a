/** Lines as UTF-8, each ended by one line feed. The one text encoding of every sink. */
export function encodeLines(lines: readonly string[]): Buffer {
  return lines.length === 0 ? Buffer.alloc(0) : Buffer.from(`${lines.join("\n")}\n`, "utf8");
}
