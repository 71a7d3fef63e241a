/** The application's own proof in a token request: client secret, certificate or managed identity, in the OAuth library's terms. */
import { createHash, createPrivateKey, webcrypto, X509Certificate } from "node:crypto";
import * as oauth from "openid-client";
import { Fault } from "../core/fault.js";
import type { Clock, Credentials, ResolveSecret, Secret } from "../ports.js";
import { FEDERATION_RESOURCE } from "./azure-resources.js";
import { credentialOf } from "../core/credential.js";
import type { ManagedIdentity } from "./managed-identity.js";

export interface ClientProof {
  readonly authentication: oauth.ClientAuth;
  /** Tells this proof from another one of the same app; never leaves the process but hashed. */
  readonly fingerprint: string;
  /** Texts that no fault may repeat. */
  readonly secrets: readonly string[];
  /** The secret that it came from, to be doubted when it is refused; absent for a managed identity. */
  readonly source?: Secret;
}

export interface ClientProofPorts {
  readonly clock: Clock;
  readonly resolveSecret: ResolveSecret;
  /** Absent where the collector runs as nobody: outside Azure, in simulations. */
  readonly managedIdentity?: ManagedIdentity;
}

/** How long an assertion is good for: Microsoft advises five to ten minutes. */
const ASSERTION_LIFE_S = 600;

/** Throws Fault secret-unresolved, secret-wrong, identity-missing and what secrets and identity throw. */
export async function clientProof(credentials: Credentials, ports: ClientProofPorts): Promise<ClientProof> {
  const credential = credentialOf(credentials);
  switch (credential.kind) {
    case "secret":
      return bySecret(credentials.clientSecret, await ports.resolveSecret(credentials.clientSecret));
    case "certificate":
      return byCertificate(credential.certificate, await ports.resolveSecret(credential.certificate), ports.clock);
    case "managed-identity":
      return byManagedIdentity(ports.managedIdentity);
  }
}

function bySecret(source: Secret, secret: string): ClientProof {
  if (secret === "") throw new Fault("secret-wrong", { detail: "the client secret is empty" });
  return { authentication: oauth.ClientSecretPost(secret), fingerprint: secret, secrets: [secret], source };
}

/** The identity is asked at each request, not here: Azure caches its token, and a cached access token needs none. */
function byManagedIdentity(identity: ManagedIdentity | undefined): ClientProof {
  if (!identity) throw new Fault("identity-missing", { detail: "the collector runs without a managed identity" });
  const authentication = async (_server: oauth.ServerMetadata, { client_id: clientId }: oauth.ClientMetadata, body: URLSearchParams): Promise<void> => {
    body.set("client_id", clientId);
    body.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    body.set("client_assertion", await identity.token(FEDERATION_RESOURCE));
  };
  // The library awaits what it calls, as it must for its own signing; its type does not say so.
  return { authentication: authentication as unknown as oauth.ClientAuth, fingerprint: "managed-identity", secrets: [] };
}

/**
 * A signed assertion as learn.microsoft.com/entra/identity-platform/certificate-credentials describes it: PS256, the certificate's
 * SHA-256 thumbprint in the header, the token endpoint as audience. Times are the clock's, not the library's.
 */
async function byCertificate(source: Secret, pem: string, clock: Clock): Promise<ClientProof> {
  const { key, thumbprint } = await keyOf(pem);
  const authentication = oauth.PrivateKeyJwt(key, {
    [oauth.modifyAssertion](header: Record<string, unknown>, payload: Record<string, unknown>) {
      const nowS = Math.floor(clock.nowMs() / 1000);
      delete header["kid"];
      Object.assign(header, { typ: "JWT", "x5t#S256": thumbprint });
      Object.assign(payload, { iat: nowS, nbf: nowS, exp: nowS + ASSERTION_LIFE_S });
    },
  } as oauth.ModifyAssertionOptions);
  const aimed = (server: oauth.ServerMetadata, client: oauth.ClientMetadata, body: URLSearchParams, headers: Headers): void =>
    // The library takes the issuer for the audience.
    authentication({ ...server, issuer: String(server.token_endpoint) }, client, body, headers);
  return { authentication: aimed, fingerprint: pem, secrets: [], source };
}

/** Throws Fault secret-wrong that says what is wrong with the text, and nothing of the text. */
async function keyOf(pem: string): Promise<{ key: webcrypto.CryptoKey; thumbprint: string }> {
  const certificate = attempt("no certificate (-----BEGIN CERTIFICATE-----)", () => new X509Certificate(pem));
  const found = /-----BEGIN (?:RSA )?PRIVATE KEY-----[^-]+-----END (?:RSA )?PRIVATE KEY-----/.exec(pem)?.[0];
  if (found === undefined) throw unusable(pem.includes("ENCRYPTED PRIVATE KEY") ? "an encrypted private key; it must not be encrypted" : "no private key (-----BEGIN PRIVATE KEY-----)");
  const key = attempt("a private key that cannot be read", () => createPrivateKey(found));
  if (key.asymmetricKeyType !== "rsa") throw unusable("a private key that is not RSA");
  if (!certificate.checkPrivateKey(key)) throw unusable("a private key that is not the certificate's");
  const der = key.export({ type: "pkcs8", format: "der" });
  const imported = await webcrypto.subtle.importKey("pkcs8", der, { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]);
  return { key: imported, thumbprint: createHash("sha256").update(certificate.raw).digest("base64url") };
}

function attempt<Value>(otherwise: string, work: () => Value): Value {
  try {
    return work();
  } catch {
    throw unusable(otherwise);
  }
}

function unusable(what: string): Fault {
  return new Fault("secret-wrong", { detail: `the certificate's PEM text holds ${what}` });
}
