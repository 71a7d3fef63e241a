/** A hosted collector as the Collector Management API shows it (sumo-contract 2.2, transcript 1.1). */
import type { CollectorRecord } from "../core/administration.js";

/** What Terraform's provider decodes has the types that its Go structs have: sumo-contract 1.4. */
export function collectorForm({ id, name, description, category, timeZone, fields }: CollectorRecord, nowMs: number) {
  return {
    id,
    name,
    // Absent, not empty: what was not written must not come back, or every plan shows a difference.
    ...(description === undefined ? {} : { description }),
    ...(category === undefined ? {} : { category }),
    ...(timeZone === undefined ? {} : { timeZone }),
    fields,
    links: [{ rel: "sources", href: `/v1/collectors/${id}/sources` }],
    collectorType: "Hosted",
    collectorVersion: "",
    lastSeenAlive: nowMs,
    alive: true,
  };
}
