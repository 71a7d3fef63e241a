/** The line that is delivered: the API's row as it is, or with one object `collector` at its end. */
import { hash } from "node:crypto";
import type { FreshRow } from "../core/fold.js";
import type { Outgoing } from "./delivery.js";

export interface Annotation {
  readonly tenantId: string;
  readonly batchId: string;
}

/** Stable id of a row over restarts, collectors and APIs: SHA-256 of tenant, trace id and recipient, 32 hex digits. */
export function rowId(tenantId: string, key: string): string {
  return hash("sha256", `${tenantId.toLowerCase()}|${key}`, "hex").slice(0, 32);
}

/** A fresh row as it goes out; with `annotation`, kind, ids and times are added behind the API's own fields. */
export function outgoing(fresh: FreshRow, annotation?: Annotation): Outgoing {
  const line = annotation ? annotate(fresh, annotation) : fresh.row.text;
  return { fresh, line, bytes: Buffer.byteLength(line) + 1 };
}

function annotate(fresh: FreshRow, { tenantId, batchId }: Annotation): string {
  const collector = {
    id: rowId(tenantId, fresh.row.key),
    kind: fresh.kind,
    ...(fresh.statusBefore === undefined ? {} : { statusBefore: fresh.statusBefore }),
    firstSeen: new Date(fresh.firstSeenMs).toISOString(),
    batch: batchId,
  };
  const body = fresh.row.text.slice(0, -1);
  return `${body}${body.endsWith("{") ? "" : ","}"collector":${JSON.stringify(collector)}}`;
}
