/** Azure as the collector sees it from inside a container: the identity endpoint of Container Apps, and one Key Vault. */
import { createServer, type Server } from "node:http";
import { createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { FederatedCredential } from "../../service/emulator/client-assertion.js";
import type { Http } from "../../service/ports.js";
import { responseOf } from "../sources/scripted-http.js";

export const IDENTITY_CLIENT_ID = "5d1f2c3b-0a49-4e58-9b67-1c2d3e4f5a6b";
export const IDENTITY_HEADER = "header-of-the-container";
const ISSUER = "https://login.microsoftonline.com/9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d/v2.0";
const SUBJECT = "0c9d8e7f-6a5b-4c3d-8e1f-2a3b4c5d6e7f";

export interface AzureDouble {
  /** Secrets of the vault by name; a missing one is a 404. */
  readonly secrets: Map<string, string>;
  /** Status that the vault answers with in place of everything. */
  vaultStatus: number | undefined;
  /** Status that the identity endpoint answers with in place of everything. */
  identityStatus: number | undefined;
  /** Life of a token, seconds. */
  tokenLifeSeconds: number;
  /** Text of the token for a resource, in place of the usual one. */
  readonly tokens: Map<string, string>;
  /** What was asked: "identity <resource>" or "vault <name>". */
  readonly asked: string[];
  /** What an app registration has to trust for this identity's federated tokens. */
  readonly federated: FederatedCredential;
  /** Tokens that the vault refuses from now on. */
  readonly revoked: Set<string>;
  readonly http: Http;
  answer(method: string, url: string, headers: Readonly<Record<string, string | undefined>>): { status: number; json: unknown };
}

/** One pair for all doubles: making it takes longer than any test. */
const KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** `nowMs` is the clock of Azure. Bases of the addresses do not matter: paths tell the two services apart. */
export function azureDouble(nowMs: () => number): AzureDouble {
  const { publicKey, privateKey } = KEYS;
  let serial = 0;
  const given = new Set<string>();

  function federatedToken(): string {
    const nowS = Math.floor(nowMs() / 1000);
    const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString("base64url");
    const body = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: ISSUER, sub: SUBJECT, aud: "api://AzureADTokenExchange", nbf: nowS, exp: nowS + double.tokenLifeSeconds, jti: String(++serial) })}`;
    return `${body}.${createSign("sha256").update(body).sign(privateKey, "base64url")}`;
  }

  function identity(url: URL, headers: Readonly<Record<string, string | undefined>>): { status: number; json: unknown } {
    const resource = url.searchParams.get("resource") ?? "";
    double.asked.push(`identity ${resource}`);
    if (double.identityStatus !== undefined) return { status: double.identityStatus, json: { statusCode: double.identityStatus, message: "No User Assigned Identity found for specified client id" } };
    if (headers["x-identity-header"] !== IDENTITY_HEADER) return { status: 403, json: { statusCode: 403, message: "wrong header" } };
    if (url.searchParams.get("api-version") !== "2019-08-01" || url.searchParams.get("client_id") !== IDENTITY_CLIENT_ID) return { status: 400, json: { statusCode: 400, message: "bad parameters" } };
    const token = double.tokens.get(resource) ?? (resource === "api://AzureADTokenExchange" ? federatedToken() : `token-${++serial}-of-${resource}`);
    given.add(token);
    return { status: 200, json: { access_token: token, expires_on: String(Math.floor(nowMs() / 1000) + double.tokenLifeSeconds), resource, token_type: "Bearer", client_id: IDENTITY_CLIENT_ID } };
  }

  function vault(url: URL, headers: Readonly<Record<string, string | undefined>>): { status: number; json: unknown } {
    const name = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
    double.asked.push(`vault ${name}`);
    if (double.vaultStatus !== undefined) return { status: double.vaultStatus, json: { error: { code: "Busy" } } };
    const token = /^Bearer (.+)$/.exec(headers["authorization"] ?? "")?.[1] ?? "";
    if (!given.has(token) || double.revoked.has(token) || !token.endsWith("-of-https://vault.azure.net")) return { status: 401, json: { error: { code: "Unauthorized" } } };
    if (url.searchParams.get("api-version") === null) return { status: 400, json: { error: { code: "BadParameter" } } };
    const value = double.secrets.get(name);
    if (value === undefined) return { status: 404, json: { error: { code: "SecretNotFound" } } };
    return { status: 200, json: { value, id: `https://kv.vault.azure.net/secrets/${name}/0123456789abcdef`, attributes: { enabled: true } } };
  }

  const double: AzureDouble = {
    secrets: new Map(), tokens: new Map(), asked: [], revoked: new Set(), vaultStatus: undefined, identityStatus: undefined, tokenLifeSeconds: 3600,
    federated: { issuer: ISSUER, subject: SUBJECT, publicKey: publicKey.export({ type: "spki", format: "pem" }).toString() },
    answer(method, address, headers) {
      const url = new URL(address, "http://localhost");
      if (method !== "GET") return { status: 405, json: {} };
      if (url.pathname === "/msi/token") return identity(url, headers);
      return url.pathname.startsWith("/secrets/") ? vault(url, headers) : { status: 404, json: {} };
    },
    async http({ method, url, headers = {} }) {
      return responseOf(double.answer(method, url, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))));
    },
  };
  return double;
}

/** The double behind a socket, for a collector that is a process of its own. */
export async function serveAzure(double: AzureDouble): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const { status, json } = double.answer(request.method ?? "", request.url ?? "", headers);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
