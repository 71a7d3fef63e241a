/** How an application proves itself to Microsoft Entra. Pure. */

export type Credential =
  /** The client secret of the config. */
  | { readonly kind: "secret" }
  /** PEM text, or where to find it: the certificate and its private key. */
  | { readonly kind: "certificate"; readonly certificate: string | { readonly secretRef: string } }
  /** Federated: the token of the managed identity that the collector runs as. */
  | { readonly kind: "managed-identity" };

/** The credential that a config or Credentials carry beside the fields that everybody knows; the client secret when they carry none. */
export function credentialOf(carrier: object): Credential {
  return "credential" in carrier ? (carrier.credential as Credential) : { kind: "secret" };
}
