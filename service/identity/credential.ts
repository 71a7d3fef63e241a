/** How an application proves itself to Microsoft Entra. */
import type { Credentials, Secret, SourceConfig } from "../ports.js";

export type Credential =
  /** The client secret of config and Credentials. */
  | { readonly kind: "secret" }
  /** PEM text: the certificate and its private key. */
  | { readonly kind: "certificate"; readonly certificate: Secret }
  /** Federated: the token of the managed identity that the collector runs as. */
  | { readonly kind: "managed-identity" };

/** The credential that a config or Credentials carry beside the fields that everybody knows; the client secret when they carry none. */
export function credentialOf(carrier: SourceConfig | Credentials): Credential {
  return "credential" in carrier ? (carrier.credential as Credential) : { kind: "secret" };
}
