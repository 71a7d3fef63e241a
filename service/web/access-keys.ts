/** Access ids and keys: made, kept as salted hashes, compared in constant time. */
import { createHash, randomBytes as systemRandomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { isAlive, type Actor, type Administration, type KeyRecord, type Role } from "../core/administration.js";
import type { Clock } from "../ports.js";

export type RandomBytes = (count: number) => Uint8Array;

export interface AccessKey {
  readonly accessId: string;
  readonly accessKey: string;
}

/** Who asks, and what for he may. */
export interface Caller extends Actor {
  readonly role: Role;
}

export interface AccessKeys {
  /** The caller at once when these credentials were found right lately; undefined says nothing. */
  known(credentials: AccessKey): Caller | undefined;
  /** Whether these credentials were right when they were last verified, however long ago: they are no guess. */
  wereRight(credentials: AccessKey): boolean;
  /** The caller, when the credentials are right and alive. Takes some 50 ms where only a hash is kept. Throws Fault store-*. */
  verify(credentials: AccessKey): Promise<Caller | undefined>;
  /** Keys were changed: whoever was known is verified anew. */
  forget(): void;
  /** Id of the pair that the settings give: it is an administrator, and cannot be revoked here. */
  readonly givenId: string | undefined;
}

export interface AccessKeysOptions {
  readonly store: Pick<Administration, "keys">;
  readonly clock: Clock;
  /** COLLECTOR_ACCESS_ID and COLLECTOR_ACCESS_KEY: an administrator beside the keys of the store. */
  readonly given?: AccessKey;
}

const ALPHANUMERICS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_LETTERS = 14;
const KEY_LETTERS = 64;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** OWASP's floor for passwords is 2^17; a key of 64 random letters needs no stretching at all, so this is ample. */
const COST = 2 ** 14;
/** How long verified ones are remembered. Changes made here are seen at once; those of another replica after this time. */
const KNOWN_MS = 60_000;
const KNOWN_MAX = 256;
/** Of credentials that were right only their digests are kept. */
const RIGHT_MAX = 1024;
/** Compared with when the id is unknown, so that the time taken does not tell which ids exist. */
const NOBODY = `scrypt$${COST}$${"A".repeat(22)}$${"A".repeat(43)}`;

interface Known {
  readonly caller: Caller;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** The keys of this process, with a memory of verified credentials so that not every request pays for a hash. */
export function createAccessKeys({ store, clock, given }: AccessKeysOptions): AccessKeys {
  /** By digest of the credentials. */
  const verified = new Map<string, Known>();
  /** By digest; no leave to come in, only to be verified. */
  const rightOnes = new Set<string>();
  let changes = 0;
  const pepper = Buffer.from(systemRandomBytes(HASH_BYTES)).toString("hex");
  const digestOf = ({ accessId, accessKey }: AccessKey) => createHash("sha256").update(JSON.stringify([pepper, accessId, accessKey])).digest("hex");

  async function matching(credentials: AccessKey): Promise<KeyRecord | undefined> {
    const record = (await store.keys()).find(({ id }) => id === credentials.accessId);
    const [, , salt = ""] = (record?.hash ?? NOBODY).split("$");
    const hash = await hashOf(credentials.accessKey, Buffer.from(salt, "base64url"));
    const right = equal(hash, record?.hash ?? NOBODY);
    return record && right && isAlive(record, clock.nowMs()) ? record : undefined;
  }

  function remember(digest: string, caller: Caller, untilMs: number): Caller {
    verified.delete(digest);
    verified.set(digest, { caller, sinceMs: clock.nowMs(), untilMs });
    if (verified.size > KNOWN_MAX) verified.delete(verified.keys().next().value!);
    rightOnes.delete(digest);
    rightOnes.add(digest);
    if (rightOnes.size > RIGHT_MAX) rightOnes.delete(rightOnes.keys().next().value!);
    return caller;
  }

  async function verify(credentials: AccessKey): Promise<Caller | undefined> {
    const digest = digestOf(credentials);
    if (given && equal(digestOf(given), digest)) {
      return remember(digest, { via: "settings", id: given.accessId, name: "settings", role: "admin" }, clock.nowMs() + KNOWN_MS);
    }
    const before = changes;
    const record = await matching(credentials);
    // A key that was revoked while its hash was computed must not be remembered.
    if (before !== changes) return verify(credentials);
    if (!record) return void rightOnes.delete(digest);
    const { id, name, role, expiresMs = Number.POSITIVE_INFINITY } = record;
    return remember(digest, { via: "key", id, name, role }, Math.min(clock.nowMs() + KNOWN_MS, expiresMs));
  }

  return {
    verify,
    known(credentials) {
      const found = verified.get(digestOf(credentials));
      const nowMs = clock.nowMs();
      return found && nowMs >= found.sinceMs && nowMs < found.untilMs ? found.caller : undefined;
    },
    wereRight: (credentials) => rightOnes.has(digestOf(credentials)),
    forget() {
      changes += 1;
      verified.clear();
    },
    givenId: given?.accessId,
  };
}

/** What a new key is for. */
export type KeyWish = Pick<KeyRecord, "name" | "role" | "expiresMs">;
const FIRST_KEY: KeyWish = { name: "first key", role: "admin" };

/**
 * Makes an access id and key and keeps the key's hash. What is returned is the only copy of the key: show it once.
 * Throws Fault store-*.
 */
export async function createAccessKey(store: Pick<Administration, "saveKey">, clock: Clock, wish = FIRST_KEY, randomBytes: RandomBytes = systemRandomBytes): Promise<AccessKey & { readonly record: KeyRecord }> {
  const accessId = `su${letters(ID_LETTERS, randomBytes)}`;
  const accessKey = letters(KEY_LETTERS, randomBytes);
  const record: KeyRecord = { id: accessId, hash: await hashOf(accessKey, randomBytes(SALT_BYTES)), createdMs: clock.nowMs(), ...wish };
  await store.saveKey(record);
  return { accessId, accessKey, record };
}

/** "scrypt$<cost>$<salt>$<hash>", the latter two in base64url. */
function hashOf(accessKey: string, salt: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(accessKey, salt, HASH_BYTES, { N: COST }, (error, hash) => {
      if (error) reject(error);
      else resolve(`scrypt$${COST}$${Buffer.from(salt).toString("base64url")}$${hash.toString("base64url")}`);
    });
  });
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** Letters without bias: bytes beyond a multiple of the alphabet's size are passed over. */
function letters(count: number, randomBytes: RandomBytes): string {
  const usable = 256 - (256 % ALPHANUMERICS.length);
  let made = "";
  while (made.length < count) {
    for (const byte of randomBytes(count)) if (byte < usable && made.length < count) made += ALPHANUMERICS[byte % ALPHANUMERICS.length];
  }
  return made;
}
