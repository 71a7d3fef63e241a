/**
 * The nouns of administration, and what the store keeps of them: hosted collectors, access keys, the audit log.
 * Beside the Store of ports.ts, because no worker needs any of it. Pure data: no I/O, no clock.
 */

/** A hosted collector: the folder of sources that the Collector Management API knows (sumo-contract 2.2). */
export interface CollectorRecord {
  readonly id: number;
  /** Grows by one with each change; ETags are made of it. */
  readonly revision: number;
  readonly name: string;
  /** Empty texts are absent: the API has no other way to clear them. */
  readonly description?: string;
  readonly category?: string;
  readonly timeZone?: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly changedMs: number;
  /** Being deleted: its sources go first. */
  readonly stopping: boolean;
}

/** reader: looks; editor: sources and collectors too; admin: keys and the audit log too. */
export type Role = "reader" | "editor" | "admin";
/** From the least to the most; each may what those before it may. */
export const ROLES: readonly Role[] = ["reader", "editor", "admin"];

/** Whether `role` includes what `needed` allows. */
export function allows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** An access key with its name and role. */
export interface KeyRecord {
  readonly id: string;
  /** Salted hash (scrypt), never the key. */
  readonly hash: string;
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  /** Opens nothing from this instant on. */
  readonly expiresMs?: number;
  readonly revokedMs?: number;
}

/** Whether a key opens at this instant. */
export function isAlive({ expiresMs, revokedMs }: Pick<KeyRecord, "expiresMs" | "revokedMs">, nowMs: number): boolean {
  return revokedMs === undefined && (expiresMs === undefined || nowMs < expiresMs);
}

/** Who did something. */
export interface Actor {
  /** settings: the pair of the environment; key: an access key of the store; entra: a bearer token of Microsoft Entra. */
  readonly via: "settings" | "key" | "entra";
  readonly id: string;
  readonly name: string;
}

/** One change: who, what, from, to. Secrets are masked before they come here. */
export interface AuditRecord {
  readonly atMs: number;
  readonly actor: Actor;
  /** Network address of the caller. */
  readonly address: string;
  /** "source.replaced", "key.revoked", ... */
  readonly action: string;
  readonly target: { readonly kind: "source" | "collector" | "key" | "destination"; readonly id: string; readonly name: string };
  /** What was there before and after; absent where there was nothing. */
  readonly from?: unknown;
  readonly to?: unknown;
}
/** As it is kept: numbered in the order of writing. */
export interface AuditEntry extends AuditRecord {
  readonly number: number;
}

/**
 * What the store keeps for administration. Every method is one transaction and durable when it resolves.
 * Throws Fault store-full, store-failed.
 */
export interface Administration {
  collectors(): Promise<readonly CollectorRecord[]>;
  /** `origin`: digest of the request that made it, see `madeFrom`. Throws Fault store-failed when id or name is taken. */
  insertCollector(record: CollectorRecord, origin?: string): Promise<void>;
  /** False when the stored revision is not `expectedRevision`. */
  replaceCollector(record: CollectorRecord, expectedRevision: number): Promise<boolean>;
  /** The collector alone; its sources are deleted before. */
  deleteCollector(id: number): Promise<void>;
  /** Id of what a request of this digest made since then; undefined when nothing, or when it is gone. */
  madeFrom(kind: "source" | "collector", origin: string, sinceMs: number): Promise<number | undefined>;

  /** Oldest first. */
  keys(): Promise<readonly KeyRecord[]>;
  /** Inserts or replaces. */
  saveKey(record: KeyRecord): Promise<void>;
  deleteKey(id: string): Promise<void>;

  /** The oldest beyond a bound are forgotten. */
  appendAudit(record: AuditRecord): Promise<void>;
  /** Newest first; only those older than `before` (a number) when it is given. */
  audit(filter: { readonly limit: number; readonly before?: number }): Promise<readonly AuditEntry[]>;
}
