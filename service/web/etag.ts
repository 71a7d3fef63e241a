/** Entity tags of sources and collectors (sumo-contract 2.4): strong, and of the configuration's revision alone, so that state never changes them. */
import { createHash } from "node:crypto";
import { Refusal } from "./refusal.js";
import { staleRevision } from "./error-answer.js";

/** Ids are of one sequence: no source has a collector's. */
interface Revised {
  readonly id: number;
  readonly revision: number;
}

const DIGITS = 32;

/** 32 hex digits in quotes, like the vendor's. */
export function etagOf({ id, revision }: Revised): string {
  return `"${createHash("sha256").update(`${id}.${revision}`).digest("hex").slice(0, DIGITS)}"`;
}

/** Throws Refusal 403 without If-Match (Terraform sends an empty one after a failed GET), 412 when it names another revision. */
export function requireMatch(ifMatch: string | undefined, record: Revised): void {
  const given = ifMatch?.trim() ?? "";
  if (given === "") throw new Refusal(403, "forbidden", "A change needs the header If-Match with the ETag of the resource. Read it first, and send its ETag along.");
  // Weak tags (W/"...") never match here: RFC 9110, 13.1.1.
  const tags = given.split(",").map((tag) => tag.trim());
  if (given !== "*" && !tags.includes(etagOf(record))) throw staleRevision();
}
