import { open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { Fault } from "../core/fault.js";
import type { ResolveSecret } from "../ports.js";

/** No secret of this trade is longer; a reference to a log file or a device must not fill the memory. */
export const SECRET_BYTES_MAX = 64 * 1024;

/** First `bytesMax` bytes of a file. */
export type ReadFile = (path: string, bytesMax: number) => Promise<Uint8Array>;

/**
 * Secrets by reference: `env:NAME` from the given environment, `file:/path` from disk, both looked up anew each time so that rotation
 * works without a restart. One line feed at the end of a file is dropped (editors and `echo` put it there).
 * Throws Fault secret-unresolved that names the reference, never a value.
 */
export function createResolveSecret(env: Readonly<Record<string, string | undefined>>, readFile: ReadFile = readFileStart): ResolveSecret {
  return async (secret) => {
    if (typeof secret === "string") return secret;
    const reference = secret.secretRef;
    // The collector's own settings, its keys among them, are nobody's client secret: the schema refuses them, and so does this.
    if (reference.startsWith("env:COLLECTOR_")) throw unresolved(reference, "settings of the collector cannot be referred to");
    if (reference.startsWith("env:")) return present(env[reference.slice(4)], reference, "the environment variable is not set or empty");
    if (reference.startsWith("file:")) return await fromFile(reference, readFile);
    throw unresolved(reference, 'it begins neither with "env:" nor with "file:"');
  };
}

async function fromFile(reference: string, readFile: ReadFile): Promise<string> {
  const path = reference.slice(5);
  if (!isAbsolute(path)) throw unresolved(reference, "the path is not absolute");
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path, SECRET_BYTES_MAX + 1);
  } catch (error) {
    throw unresolved(reference, (error as NodeJS.ErrnoException).code ?? "the file cannot be read");
  }
  if (bytes.byteLength > SECRET_BYTES_MAX) throw unresolved(reference, `the file is larger than ${SECRET_BYTES_MAX} bytes`);
  return present(Buffer.from(bytes).toString("utf8").replace(/\r?\n$/, ""), reference, "the file is empty");
}

function present(value: string | undefined, reference: string, otherwise: string): string {
  if (value === undefined || value === "") throw unresolved(reference, otherwise);
  return value;
}

function unresolved(reference: string, why: string): Fault {
  return new Fault("secret-unresolved", { detail: `secretRef "${reference.slice(0, 300)}": ${why}` });
}

async function readFileStart(path: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const buffer = Buffer.alloc(bytesMax);
    let bytes = 0;
    while (bytes < bytesMax) {
      const { bytesRead } = await handle.read(buffer, bytes, bytesMax - bytes, null);
      if (bytesRead === 0) break;
      bytes += bytesRead;
    }
    return buffer.subarray(0, bytes);
  } finally {
    await handle.close();
  }
}
