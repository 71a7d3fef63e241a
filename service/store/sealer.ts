/** Sealing of secrets at rest: AES-256-GCM, bound to the place where the value is kept. */
import { createCipheriv, createDecipheriv, createHash, randomBytes as systemRandomBytes } from "node:crypto";
import { Fault } from "../core/fault.js";

export type RandomBytes = (count: number) => Uint8Array;

/** Table, row and column: a value sealed for one place does not open at another. */
export type Place = readonly [table: string, row: string | number, column: string];

export interface Sealer {
  /** "v1:<first 8 hex digits of SHA-256 of the key>:<base64url of nonce, ciphertext, tag>" */
  seal(place: Place, clear: string): string;
  /** Throws Fault key-wrong when another key sealed it, store-failed when it was altered or moved. */
  open(place: Place, sealed: string): string;
}

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = "aes-256-gcm";

/** A sealer with this key of 32 bytes. Nonces are random: good for 2^32 values per key (NIST SP 800-38D, 8.3). */
export function createSealer(key: Uint8Array, randomBytes: RandomBytes = systemRandomBytes): Sealer {
  if (key.length !== KEY_BYTES) throw new Fault("key-wrong", { detail: `the key has ${key.length} bytes, ${KEY_BYTES} are needed` });
  const keyId = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return {
    seal(place, clear) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(place));
      const ciphertext = Buffer.concat([cipher.update(clear, "utf8"), cipher.final()]);
      return `v1:${keyId}:${Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]).toString("base64url")}`;
    },
    open(place, sealed) {
      const [version, sealedBy, payload] = sealed.split(":");
      if (version !== "v1" || sealedBy === undefined || payload === undefined) throw altered(place);
      if (sealedBy !== keyId) throw wrongKey(sealedBy, keyId);
      const bytes = Buffer.from(payload, "base64url");
      if (bytes.length < NONCE_BYTES + TAG_BYTES) throw altered(place);
      return decrypt(key, place, bytes);
    },
  };
}

/** The key from its base64 text: exactly 32 bytes, white space around it ignored. Undefined when it is anything else. */
export function parseEncryptionKey(text: string): Uint8Array | undefined {
  const trimmed = text.trim();
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined;
  return new Uint8Array(Buffer.from(trimmed, "base64"));
}

/** The key of COLLECTOR_ENCRYPTION_KEY. Throws Fault key-wrong. */
export function givenKey(encryptionKey: string): Uint8Array {
  const key = parseEncryptionKey(encryptionKey);
  if (!key) throw new Fault("key-wrong", { detail: `COLLECTOR_ENCRYPTION_KEY is not base64 of ${KEY_BYTES} bytes; make one with: openssl rand -base64 ${KEY_BYTES}` });
  return key;
}

function decrypt(key: Uint8Array, place: Place, bytes: Buffer): string {
  const tagStart = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(associatedData(place))
    .setAuthTag(bytes.subarray(tagStart));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, tagStart)), decipher.final()]).toString("utf8");
  } catch (error) {
    throw altered(place, error);
  }
}

function associatedData(place: Place): Buffer {
  return Buffer.from(JSON.stringify(["v1", ...place]), "utf8");
}

function wrongKey(sealedBy: string, keyId: string): Fault {
  return new Fault("key-wrong", {
    detail: `the store was sealed with key ${sealedBy}, the one given is ${keyId} (first digits of the key's SHA-256). `
      + "Set COLLECTOR_ENCRYPTION_KEY to the store's own key, or put the file encryption.key that belongs to it back into the data folder",
  });
}

function altered([table, row, column]: Place, cause?: unknown): Fault {
  return new Fault("store-failed", { detail: `the sealed ${column} of ${table} ${row} was altered or moved; restore a backup, or enter that secret again`, cause });
}
