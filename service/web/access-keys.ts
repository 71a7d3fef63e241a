/** Access ids and keys: made, kept as salted hashes, compared in constant time. */
import { createHash, randomBytes as systemRandomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { Clock, Store } from "../ports.js";

export type RandomBytes = (count: number) => Uint8Array;

export interface AccessKey {
  readonly accessId: string;
  readonly accessKey: string;
}

export interface AccessKeys {
  /** True at once when these credentials were found right lately; says nothing otherwise. */
  isKnown(credentials: AccessKey): boolean;
  /** Whether the credentials are right. Takes some 50 ms where only a hash is kept. Throws Fault store-*. */
  verify(credentials: AccessKey): Promise<boolean>;
}

export interface AccessKeysOptions {
  readonly store: Pick<Store, "accessKeys">;
  readonly clock: Clock;
  /** COLLECTOR_ACCESS_ID and COLLECTOR_ACCESS_KEY: when given, they alone open the door, whatever the store holds. */
  readonly given?: AccessKey;
}

const ALPHANUMERICS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ID_LETTERS = 14;
const KEY_LETTERS = 64;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** OWASP's floor for passwords is 2^17; a key of 64 random letters needs no stretching at all, so this is ample. */
const COST = 2 ** 14;
/** A revoked or replaced key may live this long in the memory of verified ones. */
const KNOWN_MS = 300_000;
const KNOWN_MAX = 256;
/** Compared with when the id is unknown, so that the time taken does not tell which ids exist. */
const NOBODY = `scrypt$${COST}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** The keys of this process, with a memory of verified credentials so that not every request pays for a hash. */
export function createAccessKeys({ store, clock, given }: AccessKeysOptions): AccessKeys {
  /** Digest of verified credentials -> when they were verified. */
  const known = new Map<string, number>();
  const pepper = Buffer.from(systemRandomBytes(HASH_BYTES)).toString("hex");
  const digestOf = ({ accessId, accessKey }: AccessKey) => createHash("sha256").update(JSON.stringify([pepper, accessId, accessKey])).digest("hex");

  return {
    isKnown(credentials) {
      const sinceMs = known.get(digestOf(credentials));
      const ageMs = clock.nowMs() - (sinceMs ?? Number.NEGATIVE_INFINITY);
      return ageMs >= 0 && ageMs < KNOWN_MS;
    },
    async verify(credentials) {
      const right = given ? equal(digestOf(given), digestOf(credentials)) : await matchesStored(credentials, store);
      if (!right) return false;
      const digest = digestOf(credentials);
      known.delete(digest);
      known.set(digest, clock.nowMs());
      if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!);
      return true;
    },
  };
}

/**
 * Makes an access id and key and keeps the key's hash. What is returned is the only copy of the key: show it once.
 * Throws Fault store-*.
 */
export async function createAccessKey(store: Pick<Store, "saveAccessKey">, clock: Clock, randomBytes: RandomBytes = systemRandomBytes): Promise<AccessKey> {
  const accessId = `su${letters(ID_LETTERS, randomBytes)}`;
  const accessKey = letters(KEY_LETTERS, randomBytes);
  await store.saveAccessKey({ id: accessId, hash: await hashOf(accessKey, randomBytes(SALT_BYTES)), createdMs: clock.nowMs() });
  return { accessId, accessKey };
}

async function matchesStored({ accessId, accessKey }: AccessKey, store: Pick<Store, "accessKeys">): Promise<boolean> {
  const record = (await store.accessKeys()).find(({ id }) => id === accessId);
  const [, , salt = ""] = (record?.hash ?? NOBODY).split("$");
  const hash = await hashOf(accessKey, Buffer.from(salt, "base64url"));
  return equal(hash, record?.hash ?? NOBODY) && record !== undefined;
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
