import { gunzipSync } from "node:zlib";
import { Fault } from "../core/fault.js";

/** Larger output chunks make gunzip 26 to 40 % faster on pages; small answers must not cost a megabyte each. */
const CHUNK_BYTES_MIN = 16 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;

/**
 * Reads a body to its end. Throws Fault answer-too-large as soon as more than `bytesMax` bytes came;
 * what the stream throws passes through.
 */
export async function readBody(stream: AsyncIterable<Uint8Array | string> | null, bytesMax: number, host: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of stream ?? []) {
    const chunk = typeof part === "string" ? Buffer.from(part) : part;
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax, host);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
}

/**
 * Undoes the content encoding in one call: a page has a known bound, and that is a third cheaper than streaming.
 * Throws Fault answer-too-large (a small body that grows without end), connection-cut (it ends too early), bad-answer (it is
 * not what it says, or an encoding that was not asked for).
 */
export function decodeBody(body: Uint8Array, encoding: string | undefined, bytesMax: number, host: string): Uint8Array {
  const coding = (encoding ?? "").trim().toLowerCase();
  if (coding === "" || coding === "identity" || body.byteLength === 0) return body;
  if (coding !== "gzip" && coding !== "x-gzip") throw new Fault("bad-answer", { detail: `${host}: content encoding "${coding.slice(0, 40)}" was not asked for` });
  const chunkSize = Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, body.byteLength * 8));
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax, chunkSize });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax, host);
    throw new Fault(code === "Z_BUF_ERROR" ? "connection-cut" : "bad-answer", { detail: `${host}: gzip body, ${code}` });
  }
}

function tooLarge(bytesMax: number, host: string): Fault {
  return new Fault("answer-too-large", { detail: `${host}: more than ${bytesMax} bytes` });
}
