/** What is remembered of configuration from files: which object came from which file and revision. One document in the store. */
import { validateDestinations } from "../../schema/index.js";
import type { DestinationSettings } from "../collect/destinations.js";

/** Where an object came from. */
export interface Mark {
  /** pull: the collector fetches it, and keeps it as it is; apply: somebody sent it. */
  readonly by: "pull" | "apply";
  readonly file: string;
  /** Commit, or the digest of a folder. */
  readonly revision: string;
  /** Since when its file is gone, ms: a source is paused, and all are deleted later. */
  readonly removedMs?: number;
}
export interface DestinationMark extends Mark {
  /** As its file says, name and type included; secrets by reference. */
  readonly entry: Readonly<Record<string, unknown>>;
}

export interface Kept {
  /** By id. */
  readonly collectors: Readonly<Record<string, Mark>>;
  /** By id. */
  readonly sources: Readonly<Record<string, Mark>>;
  /** By name. */
  readonly destinations: Readonly<Record<string, DestinationMark>>;
  /** The last good one. */
  readonly revision?: string;
  readonly appliedMs?: number;
}

export const KEPT_DOCUMENT = "configuration";
export const NOTHING_KEPT: Kept = { collectors: {}, sources: {}, destinations: {} };

/** Throws what the store throws. */
export async function loadKept(store: { document(name: string): Promise<unknown> }): Promise<Kept> {
  // Versions that made no collectors from files wrote none.
  return { ...NOTHING_KEPT, ...((await store.document(KEPT_DOCUMENT)) as Partial<Kept> | undefined) };
}

/** The operator's destinations with those that files brought; of one name, the files' counts. */
export function destinationsWith(operator: ReadonlyMap<string, DestinationSettings>, kept: Pick<Kept, "destinations">): ReadonlyMap<string, DestinationSettings> {
  const merged = new Map(operator);
  for (const { entry } of Object.values(kept.destinations)) {
    const verdict = validateDestinations({ destinations: [entry] });
    // What an older version accepted and this one does not is left out: its sources say that the destination is missing.
    if (verdict.ok) for (const [name, settings] of verdict.destinations) merged.set(name, settings);
  }
  return merged;
}
