import type { Random } from "../ports.js";

/** The process's own randomness: for jitter, never for secrets. */
export const systemRandom: Random = () => Math.random();
