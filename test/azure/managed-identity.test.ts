import assert from "node:assert/strict";
import { createManagedIdentity } from "../../service/identity/managed-identity.js";
import { resourceOf } from "../../service/identity/azure-resources.js";
import type { HttpRequest } from "../../service/ports.js";
import { responseOf } from "../sources/scripted-http.js";
import { faultOf, manualClock } from "../sources/source-ports.js";
import { azureDouble, IDENTITY_CLIENT_ID, IDENTITY_HEADER } from "./azure-double.js";

const VAULT = "https://vault.azure.net";
const SETTINGS = { clientId: IDENTITY_CLIENT_ID, identityEndpoint: "http://localhost:42356/msi/token", identityHeader: IDENTITY_HEADER };

function rig() {
  const clock = manualClock();
  const azure = azureDouble(() => clock.nowMs());
  return { clock, azure, identity: createManagedIdentity(SETTINGS, { http: azure.http, clock }) };
}

describe("managed identity", () => {
  it("gives a token per resource, kept until five minutes before its end", async () => {
    const { clock, azure, identity } = rig();
    const first = await identity.token(VAULT);
    clock.setMs(clock.nowMs() + 3_299_000);
    assert.equal(await identity.token(VAULT), first);
    clock.setMs(clock.nowMs() + 1000);
    assert.notEqual(await identity.token(VAULT), first);
    assert.notEqual(await identity.token("https://ossrdbms-aad.database.windows.net"), first);
    assert.deepEqual(azure.asked, [`identity ${VAULT}`, `identity ${VAULT}`, "identity https://ossrdbms-aad.database.windows.net"]);
  });

  it("asks once for all who ask at the same time, and anew for a refused token and after the clock was put back", async () => {
    const { clock, azure, identity } = rig();
    const [first, second] = await Promise.all([identity.token(VAULT), identity.token(VAULT)]);
    assert.equal(first, second);
    assert.equal(azure.asked.length, 1);
    const third = await identity.token(VAULT, first);
    assert.notEqual(third, first);
    clock.setMs(clock.nowMs() - 86_400_000);
    assert.notEqual(await identity.token(VAULT), third);
  });

  it("asks the metadata address where no endpoint is set", async () => {
    const asked: HttpRequest[] = [];
    const clock = manualClock();
    const identity = createManagedIdentity({}, { clock, async http(request) {
      asked.push(request);
      return responseOf({ json: { access_token: "t", expires_on: "0" } });
    } });
    assert.equal(await identity.token(VAULT), "t");
    assert.equal(asked[0]?.url, "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net");
    assert.deepEqual(asked[0]?.headers, { Metadata: "true" });
  });

  it("says what the endpoint complains of, and keeps nothing of a failure", async () => {
    const { azure, identity } = rig();
    azure.identityStatus = 400;
    assert.match((await faultOf(identity.token(VAULT), "identity-missing")).message, /HTTP 400: No User Assigned Identity found/);
    azure.identityStatus = 503;
    await faultOf(identity.token(VAULT), "login-unavailable");
    azure.identityStatus = undefined;
    assert.match(await identity.token(VAULT), /^token-/);
  });

  it("knows the resources of Azure's clouds by their hosts", () => {
    assert.equal(resourceOf("vault", "kv-a.vault.azure.net"), VAULT);
    assert.equal(resourceOf("vault", "kv-a.vault.usgovcloudapi.net"), "https://vault.usgovcloudapi.net");
    assert.equal(resourceOf("database", "psql.private.postgres.database.azure.com"), "https://ossrdbms-aad.database.windows.net");
    assert.equal(resourceOf("database", "psql.postgres.database.chinacloudapi.cn"), "https://ossrdbms-aad.database.chinacloudapi.cn");
  });
});
