/** What the collector is and has on Azure: its managed identity, its vault, and the secrets that lead there. */
import { resourceOf } from "./identity/azure-resources.js";
import { createManagedIdentity, type ManagedIdentity } from "./identity/managed-identity.js";
import type { Clock, Http, ResolveSecret, Secret } from "./ports.js";
import type { AzureSettings } from "./settings.js";
import { createKeyVault, vaultNameOf, withKeyVault } from "./system/key-vault.js";

export interface Azure {
  /** Asked only when something needs it: outside Azure nothing does. */
  readonly managedIdentity: ManagedIdentity;
  readonly resolveSecret: ResolveSecret;
  /** The secret was refused by whom it was meant for: it is read anew. */
  readonly secretRefused: (secret: Secret) => void;
}

/** `others` resolves every reference that does not lead to the vault. No request is made before something asks. */
export function createAzure(settings: AzureSettings, ports: { readonly http: Http; readonly clock: Clock }, others: ResolveSecret): Azure {
  const managedIdentity = createManagedIdentity(settings, ports);
  const { keyVaultUrl } = settings;
  const vault = keyVaultUrl === undefined
    ? undefined
    : createKeyVault(keyVaultUrl, { ...ports, token: (refused) => managedIdentity.token(resourceOf("vault", new URL(keyVaultUrl).hostname), refused) });
  return {
    managedIdentity,
    resolveSecret: withKeyVault(others, vault),
    secretRefused(secret) {
      const name = vaultNameOf(secret);
      if (name !== undefined) vault?.doubt(name);
    },
  };
}
