/** Which secrets there are, where their values come from, and who may read them. */
import type { KeyVaultSecret } from "@cdktf/provider-azurerm/lib/key-vault-secret/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import type { TerraformVariable } from "cdktf";
import type { AppSecrets } from "./constructs/collector-app.js";
import { isAccessKey, isDatabasePassword, isDestinations, isEncryptionKey, type Inputs } from "./constructs/inputs.js";
import type { Vault } from "./constructs/vault.js";
import { secretVariable } from "./naming.js";
import type { EnvironmentSettings } from "./environment-settings.js";

export interface StackSecrets {
  readonly ofApp: AppSecrets;
  /** The database's password, with login password only. */
  readonly password: TerraformVariable | undefined;
}

/** One variable, one vault secret and one grant for each secret of the app and of its source definitions. */
export function addSecrets(inputs: Inputs, vault: Vault, identity: UserAssignedIdentity, settings: EnvironmentSettings): StackSecrets {
  const add = (name: string, variable: TerraformVariable, contentType = "text/plain"): KeyVaultSecret => {
    const secret = vault.addSecret(name, variable, contentType);
    vault.grantRead(secret, identity);
    return secret;
  };
  const accessKey = add("access-key", inputs.secret("access_key", "Password of the collector's API.", isAccessKey("access_key")));
  const encryptionKey = add("encryption-key", inputs.secret("encryption_key", "Seals secrets at rest: openssl rand -base64 32.", isEncryptionKey("encryption_key")));
  const destinations = add("destinations", inputs.secret("destinations", "Text of the destinations file (JSON).", isDestinations("destinations")), "application/json");
  const password =
    settings.database.login === "password"
      ? inputs.secret("database_password", "Password of the database's administrator.", isDatabasePassword("database_password"))
      : undefined;
  const databasePassword = password && add("database-password", password);
  for (const name of settings.secrets) {
    add(name, inputs.secret(secretVariable(name), `Value of the secret that definitions call keyvault:${name}.`));
  }
  return { ofApp: { accessKey, encryptionKey, destinations, ...(databasePassword && { databasePassword }) }, password };
}
