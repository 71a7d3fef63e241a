/**
 * Creates that come a second time. Terraform's provider repeats a POST after a lost answer, a 429 or a 5xx for up to 181 s
 * (sumo-contract 1.5). The same caller, path and bytes within the time below get what the first one made, as long as nobody
 * has changed or deleted it: after that it is a new wish.
 */
import { createHash } from "node:crypto";

/** 181 s of attempts, and time for the answers themselves. */
export const REPEAT_MS = 300_000;

/** Digest of a request. Salted: it is kept beside the source, and the bytes hold secrets. */
export function originOf(salt: string, caller: string, path: string, bytes: Uint8Array): string {
  return createHash("sha256").update(JSON.stringify([salt, caller, path])).update(bytes).digest("hex");
}
