/**
 * Access and refresh tokens that carry their own meaning and a mark of the seed: an emulator that was started again with the
 * same seed goes on accepting what it gave out before. Opaque to clients, like Microsoft's.
 */
import { hash64 } from "./seeded-random.js";

export type TraceApi = "graph" | "reporting";

export interface TokenClaims {
  readonly kind: "access" | "refresh" | "code";
  readonly tenantId: string;
  readonly clientId: string;
  /** App-only by client credentials, or for a signed-in user. */
  readonly grant: "app" | "user";
  readonly api?: TraceApi;
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** Makes two of the same moment differ. */
  readonly serial: string;
}

const HEADER = base64url(JSON.stringify({ typ: "JWT", alg: "none" }));

export function writeToken(seed: string | number, claims: TokenClaims): string {
  const payload = base64url(JSON.stringify(claims));
  return `${HEADER}.${payload}.${mark(seed, payload)}`;
}

/** The claims, expired or not; undefined for what this seed did not write. */
export function readToken(seed: string | number, token: string): TokenClaims | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header !== HEADER || payload === undefined || signature !== mark(seed, payload) || rest.length > 0) return undefined;
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as TokenClaims;
}

function mark(seed: string | number, payload: string): string {
  return hash64(`token|${seed}|${payload}`) + hash64(`${payload}|${seed}`);
}

function base64url(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}
