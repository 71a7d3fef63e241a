/** Several definitions that change together or not at all, with the collectors that hold them and the documents that say where they came from. */
import type { CollectorRecord } from "./administration.js";

export interface Changes<Record> {
  readonly inserted: readonly Record[];
  readonly replaced: readonly { readonly record: Record; readonly expectedRevision: number }[];
}

/** `Definition` is the SourceRecord of ports.ts, which the core does not know. */
export interface ChangeSet<Definition> extends Changes<Definition> {
  /** Those that are replaced are written first: a name that one gives up is free. */
  readonly collectors?: Changes<CollectorRecord>;
  /** JSON by name; takes the place of what was there. */
  readonly documents: Readonly<Record<string, unknown>>;
}

/** What the store offers for it. One transaction each, durable when it resolves. Throws Fault store-full, store-failed. */
export interface ChangeStore<Definition> {
  /** The JSON kept under that name, or undefined. Not sealed: it must not hold a secret. */
  document(name: string): Promise<unknown>;
  /** All of it or nothing. False, and nothing is changed, when a stored revision is not the expected one. */
  changeTogether(set: ChangeSet<Definition>): Promise<boolean>;
}
