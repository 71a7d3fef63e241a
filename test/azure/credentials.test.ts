import assert from "node:assert/strict";
import { createEmulator } from "../../service/emulator/emulator.js";
import type { TrustedProofs } from "../../service/emulator/client-assertion.js";
import type { Credential } from "../../service/core/credential.js";
import { createIdentity } from "../../service/identity/index.js";
import { createManagedIdentity } from "../../service/identity/managed-identity.js";
import type { Credentials, Http, Secret } from "../../service/ports.js";
import { memoryGrants } from "../identity/memory-grants.js";
import { TENANT } from "../emulator/rig.js";
import { faultOf, manualClock } from "../sources/source-ports.js";
import { azureDouble, IDENTITY_CLIENT_ID, IDENTITY_HEADER } from "./azure-double.js";
import { makeCertificate, opensslObstacle, type TestCertificate } from "./certificates.js";

const SIGNAL = new AbortController().signal;
const REFERENCE = { secretRef: "file:/certificate.pem" };

interface RigOptions {
  readonly trusted?: TrustedProofs;
  readonly pem?: string;
  readonly withoutIdentity?: boolean;
}

function rig({ trusted = {}, pem = "", withoutIdentity = false }: RigOptions = {}) {
  const clock = manualClock();
  const azure = azureDouble(() => clock.nowMs());
  const tenant = { ...TENANT, flow: { segments: [] }, codes: ["code-1"], trusted: { federated: [azure.federated], ...trusted } };
  const emulator = createEmulator({ clock, seed: 1, baseUrl: "http://emulator.test", tenants: [tenant] });
  const forms: URLSearchParams[] = [];
  const refused: Secret[] = [];
  const http: Http = async ({ method, url, headers = {}, body = "" }) => {
    forms.push(new URLSearchParams(String(body)));
    const answer = await emulator.handle({ method, url, headers, body: new TextEncoder().encode(String(body)) });
    assert.ok("status" in answer);
    return { status: answer.status, headers: answer.headers, body: typeof answer.body === "string" ? new TextEncoder().encode(answer.body) : answer.body };
  };
  const managedIdentity = createManagedIdentity({ clientId: IDENTITY_CLIENT_ID, identityEndpoint: "http://localhost/msi/token", identityHeader: IDENTITY_HEADER }, { http: azure.http, clock });
  const identity = createIdentity({
    http, clock, store: memoryGrants(), secretRefused: (secret) => refused.push(secret), ...(withoutIdentity ? {} : { managedIdentity }),
    resolveSecret: async (secret) => (typeof secret === "string" ? secret : pem),
  });
  const ask = (credential: Credential, changes: Partial<Credentials> = {}): Promise<string> => {
    const app = { loginUrl: "http://emulator.test/login", tenantId: TENANT.tenantId, clientId: TENANT.clientId, clientSecret: "", audience: "https://graph.microsoft.com", endpoint: "v2" as const, credential, ...changes };
    return identity.accessToken(app, SIGNAL);
  };
  return { clock, azure, forms, refused, ask };
}

describe("identity: the managed identity as a federated credential", () => {
  const FEDERATED: Credential = { kind: "managed-identity" };

  it("gets a token without any secret", async () => {
    const at = rig();
    assert.match(await at.ask(FEDERATED), /^ey/);
    assert.deepEqual(at.azure.asked, ["identity api://AzureADTokenExchange"]);
    assert.equal(at.forms[0]?.get("client_secret"), null);
    assert.equal(at.forms[0]?.get("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert.equal(at.forms[0]?.get("client_id"), TENANT.clientId);
  });

  it("works with an authorization code and on the v1 endpoint, too", async () => {
    const at = rig();
    assert.match(await at.ask(FEDERATED, { endpoint: "v1", audience: "https://outlook.office365.com", authorizationCode: "code-1" }), /^ey/);
    assert.equal(at.forms[0]?.get("code"), "code-1");
  });

  it("asks for no assertion while the access token is good, and for a fresh one when the old has ended", async () => {
    const at = rig();
    const first = await at.ask(FEDERATED);
    assert.equal(await at.ask(FEDERATED), first);
    assert.equal(at.azure.asked.length, 1);
    at.clock.setMs(at.clock.nowMs() + 3_600_000);
    assert.notEqual(await at.ask(FEDERATED), first);
    assert.equal(at.azure.asked.length, 2);
  });

  it("that the application does not trust is a fault that says so", async () => {
    const at = rig({ trusted: { federated: [] } });
    assert.match((await faultOf(at.ask(FEDERATED), "credential-unknown")).message, /AADSTS70021/);
    assert.deepEqual(at.refused, []);
  });

  it("that is not there, or gives no token, is a fault of its own", async () => {
    await faultOf(rig({ withoutIdentity: true }).ask(FEDERATED), "identity-missing");
    const at = rig();
    at.azure.identityStatus = 400;
    await faultOf(at.ask(FEDERATED), "identity-missing");
    const busy = rig();
    busy.azure.identityStatus = 500;
    await faultOf(busy.ask(FEDERATED), "login-unavailable");
  });
});

const obstacle = opensslObstacle();
if (obstacle !== undefined) it.skip(`identity: a certificate: not run, ${obstacle}`);
else describe("identity: a certificate", () => {
  const CERTIFICATE: Credential = { kind: "certificate", certificate: REFERENCE };
  let own: TestCertificate;
  let other: TestCertificate;
  before(() => {
    own = makeCertificate();
    other = makeCertificate();
  });

  it("gets a token by a signed assertion, key and certificate in either order", async () => {
    for (const pem of [own.certificate + own.key, own.key + own.certificate]) {
      const at = rig({ trusted: { certificates: [other.certificate, own.certificate] }, pem });
      assert.match(await at.ask(CERTIFICATE), /^ey/);
      assert.equal(at.forms[0]?.get("client_secret"), null);
      const [header = "", claims = ""] = (at.forms[0]?.get("client_assertion") ?? "").split(".");
      const json = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
      assert.equal(json(header)["alg"], "PS256");
      assert.equal(json(claims)["aud"], `http://emulator.test/login/${TENANT.tenantId}/oauth2/v2.0/token`);
      assert.equal(json(claims)["exp"], Math.floor(at.clock.nowMs() / 1000) + 600);
    }
  });

  it("that the application does not know is a fault, and the secret is looked at again", async () => {
    const at = rig({ trusted: { certificates: [other.certificate] }, pem: own.certificate + own.key });
    assert.match((await faultOf(at.ask(CERTIFICATE), "credential-unknown")).message, /AADSTS700027/);
    assert.deepEqual(at.refused, [REFERENCE]);
  });

  it("that cannot be used is a fault that says what is wrong and repeats nothing", async () => {
    const curve = makeCertificate("ec");
    const cases: readonly (readonly [string, RegExp])[] = [
      ["", /no certificate/], [own.key, /no certificate/], [own.certificate, /no private key/], [own.certificate + other.key, /not the certificate's/],
      [curve.certificate + curve.key, /not RSA/], [`${own.certificate}-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----`, /must not be encrypted/],
    ];
    for (const [pem, said] of cases) {
      const fault = await faultOf(rig({ pem }).ask(CERTIFICATE), "secret-wrong");
      assert.match(fault.message, said);
      const middle = own.key.split("\n")[3] ?? "";
      assert.ok(middle.length > 20 && !`${fault.message}${String(fault.stack)}`.includes(middle));
    }
  });

  it("is checked by the emulator: another signer, another audience, another time are refused", async () => {
    const at = rig({ trusted: { certificates: [own.certificate] }, pem: own.certificate + own.key });
    await at.ask(CERTIFICATE);
    const sent = at.forms[0]!;
    const emulator = createEmulator({ clock: at.clock, seed: 1, baseUrl: "http://emulator.test", tenants: [{ ...TENANT, flow: { segments: [] }, trusted: { certificates: [own.certificate] } }] });
    const codeOf = async (changes: Record<string, string>, path = "v2.0/token"): Promise<unknown> => {
      const fields = { ...Object.fromEntries(sent), ...changes };
      const answer = await emulator.handle({ method: "POST", url: `/login/${TENANT.tenantId}/oauth2/${path}`, headers: {}, body: new TextEncoder().encode(new URLSearchParams(fields).toString()) });
      assert.ok("status" in answer);
      const text = typeof answer.body === "string" ? answer.body : new TextDecoder().decode(answer.body);
      return (JSON.parse(text) as { error_codes?: number[] }).error_codes?.[0];
    };
    const assertion = sent.get("client_assertion") ?? "";
    assert.equal(await codeOf({}), undefined);
    assert.equal(await codeOf({ client_assertion: `${assertion.slice(0, -8)}AAAAAAAA` }), 700027);
    assert.equal(await codeOf({ client_assertion: "x.y" }), 50027);
    assert.equal(await codeOf({ client_assertion_type: "password" }), 9002313);
    assert.equal(await codeOf({ resource: "https://graph.microsoft.com" }, "token"), 50027);
    at.clock.setMs(at.clock.nowMs() + 901_000);
    assert.equal(await codeOf({}), 700024);
  });
});
