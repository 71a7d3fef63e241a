import assert from "node:assert/strict";
import { createAzure } from "../../service/azure.js";
import { createResolveSecret } from "../../service/system/secrets.js";
import { faultOf, manualClock } from "../sources/source-ports.js";
import { azureDouble, IDENTITY_CLIENT_ID, IDENTITY_HEADER } from "./azure-double.js";

const SETTINGS = { keyVaultUrl: "http://localhost:1", clientId: IDENTITY_CLIENT_ID, identityEndpoint: "http://localhost:42356/msi/token", identityHeader: IDENTITY_HEADER };
const REFERENCE = { secretRef: "keyvault:m365-client-secret" };
const MINUTE_MS = 60_000;

function rig(settings: Partial<typeof SETTINGS> = SETTINGS) {
  const clock = manualClock();
  const azure = azureDouble(() => clock.nowMs());
  azure.secrets.set("m365-client-secret", "first");
  const { resolveSecret, secretRefused } = createAzure(settings, { http: azure.http, clock }, createResolveSecret({ NAME: "from environment" }));
  const vaultRequests = (): number => azure.asked.filter((each) => each.startsWith("vault")).length;
  return { clock, azure, resolveSecret, secretRefused, vaultRequests, later: (ms: number) => clock.setMs(clock.nowMs() + ms) };
}

describe("secrets in Key Vault", () => {
  it("are read by name with the managed identity; other references go their own way", async () => {
    const { resolveSecret, azure } = rig();
    assert.equal(await resolveSecret({ secretRef: "env:NAME" }), "from environment");
    assert.equal(await resolveSecret("keyvault:no reference"), "keyvault:no reference");
    assert.deepEqual(azure.asked, []);
    assert.equal(await resolveSecret(REFERENCE), "first");
    assert.deepEqual(azure.asked, ["identity https://vault.azure.net", "vault m365-client-secret"]);
  });

  it("are kept for five minutes, then read anew: a rotated one is taken up by itself", async () => {
    const { resolveSecret, azure, later, vaultRequests } = rig();
    await Promise.all([resolveSecret(REFERENCE), resolveSecret(REFERENCE)]);
    azure.secrets.set("m365-client-secret", "second");
    later(5 * MINUTE_MS - 1);
    assert.equal(await resolveSecret(REFERENCE), "first");
    assert.equal(vaultRequests(), 1);
    later(1);
    assert.equal(await resolveSecret(REFERENCE), "second");
  });

  it("are read anew when they were refused, but not more often than every 15 seconds", async () => {
    const { resolveSecret, secretRefused, azure, later, vaultRequests } = rig();
    await resolveSecret(REFERENCE);
    azure.secrets.set("m365-client-secret", "second");
    secretRefused(REFERENCE);
    secretRefused("a literal");
    assert.equal(await resolveSecret(REFERENCE), "first");
    later(15_000);
    assert.equal(await resolveSecret(REFERENCE), "second");
    secretRefused(REFERENCE);
    assert.equal(await resolveSecret(REFERENCE), "second");
    assert.equal(vaultRequests(), 2);
  });

  it("go on being used for a day while the vault is out of order, not when it says no", async () => {
    const { resolveSecret, azure, later } = rig();
    await resolveSecret(REFERENCE);
    azure.vaultStatus = 503;
    later(23 * 60 * MINUTE_MS);
    assert.equal(await resolveSecret(REFERENCE), "first");
    later(60 * MINUTE_MS);
    await faultOf(resolveSecret(REFERENCE), "server-error");
    azure.vaultStatus = 403;
    assert.match((await faultOf(resolveSecret(REFERENCE), "secret-unresolved")).message, /keyvault:m365-client-secret.*Key Vault Secrets User/);
    azure.vaultStatus = undefined;
    azure.secrets.delete("m365-client-secret");
    assert.match((await faultOf(resolveSecret(REFERENCE), "secret-unresolved")).message, /no secret of this name/);
  });

  it("do not survive the vault's no", async () => {
    const { resolveSecret, azure, later } = rig();
    await resolveSecret(REFERENCE);
    azure.vaultStatus = 403;
    later(5 * MINUTE_MS);
    await faultOf(resolveSecret(REFERENCE), "secret-unresolved");
    azure.vaultStatus = 503;
    await faultOf(resolveSecret(REFERENCE), "server-error");
  });

  it("are asked for with a fresh token when the vault refuses the old one", async () => {
    const { resolveSecret, azure, later } = rig();
    await resolveSecret(REFERENCE);
    azure.revoked.add("token-1-of-https://vault.azure.net");
    later(5 * MINUTE_MS);
    assert.equal(await resolveSecret(REFERENCE), "first");
    assert.deepEqual(azure.asked.filter((each) => each.startsWith("identity")).length, 2);
  });

  it("without a vault are a fault that names the setting", async () => {
    const { resolveSecret, azure } = rig({});
    assert.match((await faultOf(resolveSecret(REFERENCE), "secret-unresolved")).message, /AZURE_KEY_VAULT_URL/);
    assert.deepEqual(azure.asked, []);
  });

  it("lead to no fault that holds a value", async () => {
    const { resolveSecret, azure, later } = rig();
    azure.secrets.set("m365-client-secret", "hush-hush");
    await resolveSecret(REFERENCE);
    for (const status of [400, 401, 500]) {
      azure.vaultStatus = status;
      later(25 * 60 * MINUTE_MS);
      const thrown: unknown = await resolveSecret(REFERENCE).catch((reason: unknown) => reason);
      assert.ok(thrown instanceof Error);
      assert.ok(!`${thrown.message} ${String(thrown.stack)}`.includes("hush-hush") && !thrown.message.includes("token-"));
    }
  });
});
