/**
 * Randomness that a seed decides: the emulator's only source of chance, so that the same seed gives the same bytes.
 * Not for secrets: nothing here is unguessable.
 */
import type { Random } from "../ports.js";

/** Four 32-bit words from any text (the public-domain cyrb128 mix). */
function mix(text: string): [number, number, number, number] {
  let a = 1779033703, b = 3144134277, c = 1013904242, d = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = d ^ Math.imul(c ^ k, 951274213);
    d = a ^ Math.imul(d ^ k, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [(a ^ b ^ c ^ d) >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0];
}

/** A generator that is a pure function of its parts. */
export function seededRandom(...parts: readonly (string | number)[]): Random {
  let [a, b, c, d] = mix(parts.join("|"));
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  // The first outputs still resemble the seed: throw some away.
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** 64 bits of a text, as 16 hex digits. */
export function hash64(text: string): string {
  const [a, b] = mix(text);
  return hex(a) + hex(b);
}

const BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(word: number): string {
  return BYTES[word >>> 24]! + BYTES[(word >>> 16) & 255]! + BYTES[(word >>> 8) & 255]! + BYTES[word & 255]!;
}

/** A GUID in the form Microsoft writes it. */
export function guid(random: Random): string {
  const b = Math.floor(random() * 4294967296);
  const c = Math.floor(random() * 4294967296);
  return `${hex(Math.floor(random() * 4294967296))}-${group(b >>> 16)}-${group(b)}-${group(c >>> 16)}-${group(c)}${hex(Math.floor(random() * 4294967296))}`;
}

function group(word: number): string {
  return BYTES[(word >>> 8) & 255]! + BYTES[word & 255]!;
}

/** One element of a list that is not empty. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)]!;
}

/** A whole number, both bounds included. */
export function integer(random: Random, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

/** Log-uniform in [low, high]: each doubling is as likely as the next; whole numbers. */
export function logUniform(random: Random, low: number, high: number): number {
  return Math.round(low * (high / low) ** random());
}
