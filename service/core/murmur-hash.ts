/** MurmurHash3 (x86, 32 bits) of a text's UTF-8: spreads well and costs little, and is no defence against whoever chooses the text. */

const encoder = new TextEncoder();
/** Working memory of one call; grows with the longest text. Words lie in the machine's order, little-endian on all that Node runs on. */
let bytes = new Uint8Array(4096);
let words = new Int32Array(bytes.buffer);

/** 32 bits, unsigned. */
export function murmurHash(text: string, seed = 0): number {
  const length = encode(text);
  const tail = length & 3;
  const whole = length >>> 2;
  let hash = seed | 0;
  for (let at = 0; at < whole; at++) {
    hash ^= scrambled(words[at]!);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (tail > 0) hash ^= scrambled(words[whole]! & ((1 << (8 * tail)) - 1));
  return finished(hash ^ length);
}

function encode(text: string): number {
  // A UTF-16 unit takes at most three bytes.
  if (3 * text.length > bytes.length) {
    bytes = new Uint8Array(4 * text.length);
    words = new Int32Array(bytes.buffer);
  }
  return encoder.encodeInto(text, bytes).written;
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
