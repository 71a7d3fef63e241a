/** A client that proves itself by a signed assertion: with a certificate, or federated with an identity that somebody else vouches for. */
import { constants, createHash, createPublicKey, verify, X509Certificate, type KeyObject } from "node:crypto";
import type { EntraErrorName } from "./entra-errors.js";

export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** What the app registration trusts beside its client secret. */
export interface TrustedProofs {
  /** PEM text of certificates. */
  readonly certificates?: readonly string[];
  readonly federated?: readonly FederatedCredential[];
}

/** A federated credential; `publicKey` stands for the keys that the issuer publishes (PEM). */
export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: string;
}

export interface AssertionContext {
  readonly clientId: string;
  readonly tokenUrl: string;
  readonly nowMs: number;
}

const FEDERATION_AUDIENCE = "api://AzureADTokenExchange";
const SKEW_S = 300;

interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Why the assertion is refused; undefined when it is good (certificate-credentials.md, workload-identity-federation.md). */
export function assertionFault(form: URLSearchParams, trusted: TrustedProofs, context: AssertionContext): EntraErrorName | undefined {
  if (form.get("client_assertion_type") !== ASSERTION_TYPE) return "malformed";
  const jwt = parseJwt(form.get("client_assertion") ?? "");
  if (!jwt) return "assertionMalformed";
  const nowS = context.nowMs / 1000;
  const { exp, nbf } = jwt.claims;
  if (typeof exp !== "number" || exp <= nowS - SKEW_S || (typeof nbf === "number" && nbf > nowS + SKEW_S)) return "assertionTime";
  // An app's own assertion names the app as its issuer; everybody else's is a federated one.
  return jwt.claims["iss"] === context.clientId ? certificateFault(jwt, trusted.certificates ?? [], context) : federatedFault(jwt, trusted.federated ?? []);
}

function certificateFault(jwt: Jwt, certificates: readonly string[], { clientId, tokenUrl }: AssertionContext): EntraErrorName | undefined {
  if (jwt.claims["sub"] !== clientId || jwt.claims["aud"] !== tokenUrl || typeof jwt.claims["jti"] !== "string") return "assertionMalformed";
  const known = certificates.map((pem) => new X509Certificate(pem)).find((each) => createHash("sha256").update(each.raw).digest("base64url") === jwt.header["x5t#S256"]);
  return known && isSignedBy(jwt, known.publicKey) ? undefined : "certificateUnknown";
}

function federatedFault(jwt: Jwt, trusted: readonly FederatedCredential[]): EntraErrorName | undefined {
  const { iss, sub, aud } = jwt.claims;
  const known = trusted.find(({ issuer, subject }) => issuer === iss && subject === sub);
  if (!known) return "federationUnknown";
  if (aud !== FEDERATION_AUDIENCE) return "federationAudience";
  return isSignedBy(jwt, createPublicKey(known.publicKey)) ? undefined : "federationUnknown";
}

function isSignedBy({ header, signed, signature }: Jwt, key: KeyObject): boolean {
  if (header["alg"] === "PS256") return verify("sha256", signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature);
  return header["alg"] === "RS256" && verify("sha256", signed, key, signature);
}

function parseJwt(text: string): Jwt | undefined {
  const [header, claims, signature, ...rest] = text.split(".");
  if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) return undefined;
  try {
    return { header: fieldsOf(header), claims: fieldsOf(claims), signed: Buffer.from(`${header}.${claims}`), signature: Buffer.from(signature, "base64url") };
  } catch {
    return undefined;
  }
}

function fieldsOf(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Record<string, unknown>;
}
