/**
 * Memory of what was delivered: one bucket per 15 minutes of received time, 11 bytes a row plus 1 KiB.
 *
 * A key is a 64-bit fingerprint (salted SHA-256, truncated): its first byte is implied by the index, 7 bytes are stored, sorted.
 * Four bytes more remember the content: status (4 bits), age when first seen (6 bits), fingerprint of everything else (22 bits). That
 * one need not withstand anybody, only tell two versions of one row apart: murmur-hash.ts, a quarter of the price.
 * The blob at rest is the structure in memory. docs/guarantees.md states the collision odds and what a collision does.
 */
import { hash } from "node:crypto";
import type { Row } from "./model.js";
import { murmurHash } from "./murmur-hash.js";

export const BUCKET_MS = 900_000;
/** Rows whose time cannot be read live in a bucket of their own that is never forgotten. */
export const TIMELESS_BUCKET_MS = 8_640_000_000_000_000;

/** Start of the bucket of a received time, ms. */
export function bucketStartMs(timeMs: number): number {
  return Number.isFinite(timeMs) ? Math.floor(timeMs / BUCKET_MS) * BUCKET_MS : TIMELESS_BUCKET_MS;
}

/** 64-bit fingerprint of a key and 22-bit fingerprint of a content. */
export interface Print {
  readonly hi: number;
  readonly lo: number;
  readonly content: number;
}

const CONTENT_BITS = 22;
const CONTENT_MASK = (1 << CONTENT_BITS) - 1;

/** Fingerprints a row. `salt` is secret to the store, so that nobody can choose ids that collide. */
export function fingerprint(salt: string, { key, status, version }: Pick<Row, "key" | "status" | "version">): Print {
  // A character a byte: reading hexadecimal costs as much as hashing, and a Buffer more.
  const ofKey = hash("sha256", salt + key, "binary");
  return { hi: word(ofKey, 0), lo: word(ofKey, 4), content: murmurHash(version, murmurHash(status)) & CONTENT_MASK };
}

function word(bytes: string, at: number): number {
  return ((bytes.charCodeAt(at) << 24) | (bytes.charCodeAt(at + 1) << 16) | (bytes.charCodeAt(at + 2) << 8) | bytes.charCodeAt(at + 3)) >>> 0;
}

/** What is remembered of a delivered row. */
export interface Memory {
  /** Lower-case status, "?" for one that this version does not know. */
  readonly status: string;
  /** Age at first sight, ms, within 10 %. */
  readonly firstSeenAgeMs: number;
  readonly content: number;
}
export interface Entry extends Print {
  readonly status: string;
  readonly firstSeenAgeMs: number;
}

const STATUSES = ["", "gettingstatus", "pending", "failed", "delivered", "expanded", "quarantined", "filteredasspam", "recalled", "none", "unknownfuturevalue"];
const OTHER_STATUS = 15;
const AGE_RATIO = 1.2;
const AGE_SLOTS = 63;

function pack(entry: Entry): number {
  const known = STATUSES.indexOf(entry.status);
  const status = known < 0 ? OTHER_STATUS : known;
  const seconds = Math.max(0, entry.firstSeenAgeMs) / 1000;
  const slot = Math.min(AGE_SLOTS, Math.round(Math.log(seconds + 1) / Math.log(AGE_RATIO)));
  return ((status << 28) | (slot << CONTENT_BITS) | entry.content) >>> 0;
}

function unpack(value: number): Memory {
  const seconds = AGE_RATIO ** ((value >>> CONTENT_BITS) & AGE_SLOTS) - 1;
  return { status: STATUSES[value >>> 28] ?? "?", firstSeenAgeMs: Math.round(seconds * 1000), content: value & CONTENT_MASK };
}

const VERSION = 1;
const INDEX_AT = 4;
const KEYS_AT = INDEX_AT + 256 * 4;
const KEY_BYTES = 7;
const VALUE_BYTES = 4;

/** The delivered rows of one bucket. Immutable: `with` makes a new one. */
export class FingerprintBucket {
  readonly blob: Uint8Array;
  readonly #view: DataView;
  readonly size: number;

  private constructor(blob: Uint8Array, size: number) {
    this.blob = blob;
    this.#view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    this.size = size;
  }

  static empty(): FingerprintBucket {
    return FingerprintBucket.#of(0);
  }

  /** Throws RangeError when the blob is not a bucket of this version. */
  static decode(blob: Uint8Array): FingerprintBucket {
    const size = (blob.byteLength - KEYS_AT) / (KEY_BYTES + VALUE_BYTES);
    if (blob[0] !== VERSION || !Number.isInteger(size) || size < 0) throw new RangeError("not a fingerprint bucket");
    const bucket = new FingerprintBucket(blob, size);
    if (!bucket.#isIndexed()) throw new RangeError("a damaged fingerprint bucket");
    return bucket;
  }

  static #of(size: number): FingerprintBucket {
    const blob = new Uint8Array(KEYS_AT + size * (KEY_BYTES + VALUE_BYTES));
    blob[0] = VERSION;
    return new FingerprintBucket(blob, size);
  }

  /** What is remembered of a key, or undefined when it was never delivered. */
  find(print: Print): Memory | undefined {
    const at = this.#position(print.hi, print.lo);
    return at >= 0 ? unpack(this.#value(at)) : undefined;
  }

  /** Every remembered print, ascending. */
  *prints(): Generator<Print & { readonly status: string }> {
    for (let at = 0; at < this.size; at++) {
      const key = KEYS_AT + at * KEY_BYTES;
      const hi = ((this.#firstByte(at) << 24) | (this.#view.getUint16(key) << 8) | this.#view.getUint8(key + 2)) >>> 0;
      const { status, content } = unpack(this.#value(at));
      yield { hi, lo: this.#view.getUint32(key + 3), content, status };
    }
  }

  /** This bucket with entries added or replaced; an entry that replaces one keeps the older first sight. */
  with(entries: readonly Entry[]): FingerprintBucket {
    const added = latestOf(entries);
    const unknown = added.filter((entry) => this.#position(entry.hi, entry.lo) < 0);
    const next = FingerprintBucket.#of(this.size + unknown.length);
    let from = 0;
    let to = 0;
    for (const entry of added) {
      const at = this.#position(entry.hi, entry.lo);
      const end = at < 0 ? ~at : at;
      next.#copy(to, this, from, end);
      to += end - from;
      from = end;
      const old = at < 0 ? undefined : unpack(this.#value(from++));
      next.#put(to++, entry, pack(old ? { ...entry, firstSeenAgeMs: old.firstSeenAgeMs } : entry));
    }
    next.#copy(to, this, from, this.size);
    next.#index(this, unknown);
    return next;
  }

  /** Position of a key, or the complement of where it belongs: binary search among the keys that share its first byte. */
  #position(hi: number, lo: number): number {
    const first = hi >>> 24;
    let low = first === 0 ? 0 : this.#view.getUint32(INDEX_AT + (first - 1) * 4);
    let high = this.#view.getUint32(INDEX_AT + first * 4) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const order = this.#compareRest(middle, hi & 0xffffff, lo);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return ~low;
  }

  #compareRest(at: number, hi24: number, lo: number): number {
    const key = KEYS_AT + at * KEY_BYTES;
    const mine = (this.#view.getUint16(key) << 8) | this.#view.getUint8(key + 2);
    return mine - hi24 || this.#view.getUint32(key + 3) - lo;
  }

  /** First byte of the key at a position, from the index. */
  #firstByte(at: number): number {
    let low = 0;
    let high = 255;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#view.getUint32(INDEX_AT + middle * 4) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #value(at: number): number {
    return this.#view.getUint32(KEYS_AT + this.size * KEY_BYTES + at * VALUE_BYTES);
  }

  #put(at: number, { hi, lo }: Print, value: number): void {
    const key = KEYS_AT + at * KEY_BYTES;
    this.#view.setUint16(key, (hi >>> 8) & 0xffff);
    this.#view.setUint8(key + 2, hi & 0xff);
    this.#view.setUint32(key + 3, lo);
    this.#view.setUint32(KEYS_AT + this.size * KEY_BYTES + at * VALUE_BYTES, value);
  }

  /** Takes over the keys and values of `from` in [start, end), in one go. */
  #copy(at: number, from: FingerprintBucket, start: number, end: number): void {
    this.blob.set(from.blob.subarray(KEYS_AT + start * KEY_BYTES, KEYS_AT + end * KEY_BYTES), KEYS_AT + at * KEY_BYTES);
    const valuesAt = KEYS_AT + from.size * KEY_BYTES;
    this.blob.set(from.blob.subarray(valuesAt + start * VALUE_BYTES, valuesAt + end * VALUE_BYTES), KEYS_AT + this.size * KEY_BYTES + at * VALUE_BYTES);
  }

  /** The index ascends and ends with the last key: no look-up leaves the blob. */
  #isIndexed(): boolean {
    let end = 0;
    for (let first = 0; first < 256; first++) {
      const next = this.#view.getUint32(INDEX_AT + first * 4);
      if (next < end) return false;
      end = next;
    }
    return end === this.size;
  }

  /** Writes the end positions per first byte: those of `before`, moved by what was added. */
  #index(before: FingerprintBucket, added: readonly Entry[]): void {
    const counts = new Uint32Array(256);
    for (const { hi } of added) counts[hi >>> 24]! += 1;
    let moved = 0;
    for (let first = 0; first < 256; first++) {
      moved += counts[first]!;
      this.#view.setUint32(INDEX_AT + first * 4, before.#view.getUint32(INDEX_AT + first * 4) + moved);
    }
  }
}

/** Ascending; of entries with one key the last, which is the latest. */
function latestOf(entries: readonly Entry[]): Entry[] {
  const ascending = entries.toSorted((a, b) => a.hi - b.hi || a.lo - b.lo);
  return ascending.filter((entry, at) => ascending[at + 1]?.hi !== entry.hi || ascending[at + 1]?.lo !== entry.lo);
}
