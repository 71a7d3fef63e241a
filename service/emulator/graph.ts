/** Graph v1.0 `GET /admin/exchange/tracing/messageTraces` (microsoft-apis.md 2.2 to 2.6). */
import { jsonAnswer, type Answer, type WholeAnswer } from "./answer.js";
import { readBearer } from "./bearer.js";
import type { Call } from "./call.js";
import { graphRow, readLink, readRows, writeLink, type GraphPage } from "./graph-page.js";
import { readGraphQuery } from "./graph-query.js";
import type { EmulatedTenant, Scene } from "./scene.js";
import { faultInstead, FOREIGN_ORIGIN, retryAfter, sendPage, type Voice } from "./trace-faults.js";

export function answerGraph(scene: Scene, call: Call): Answer {
  const voice = graphVoice(scene, call);
  if (call.method !== "GET") return graphError(scene, call, 405, "MethodNotAllowed", "The HTTP method is not allowed.");
  const bearer = readBearer(scene, call, "graph");
  if (bearer.refused) return graphError(scene, call, 401, "InvalidAuthenticationToken", REFUSED[bearer.refused]);
  const { tenant } = bearer;
  if (!tenant.servicePrincipal) return noServicePrincipal(scene, call);
  if (!bearer.role) return voice.forbidden();
  const full = tenant.quota.take(call.nowMs);
  if (full) return voice.throttled(retryAfter(scene.quotaRetryAfter ? Math.ceil(full.waitMs / 1_000) : null));
  return faultInstead(scene, tenant, voice, call.nowMs) ?? answerPage(scene, call, tenant);
}

const REFUSED = {
  missing: "Access token is empty.",
  invalid: "IDX14100: JWT is not well formed.",
  expired: "Lifetime validation failed, the token is expired.",
  audience: "Access token validation failure. Invalid audience.",
} as const;

function answerPage(scene: Scene, call: Call, tenant: EmulatedTenant): Answer {
  const page = readPage(scene, call, tenant);
  if (typeof page === "string") return graphError(scene, call, 400, "BadRequest", page);
  const { rows, more } = readRows(tenant, page, call.nowMs);
  const last = rows.at(-1)?.row;
  const after = last && { received: last.received, recipient: last.recipient, id: last.id };
  const recalled = /include-unknown-enum-members/i.test(call.headers["prefer"] ?? "");
  const link = (target: GraphPage, issuedMs = call.nowMs): string => writeLink(scene, call, tenant, target, issuedMs);
  return sendPage(scene, tenant, {
    rows,
    next: more && after ? link({ query: page.query, after }) : undefined,
    links: {
      dead: () => `${call.origin}${call.path}?%24skiptoken=${scene.nextGuid()}`,
      expired: () => link(page, call.nowMs - scene.linkLifetimeMs),
      self: () => `${call.origin}${call.path}${call.search}`,
      repeat: () => link(page),
      foreign: () => link(page).replace(call.origin, FOREIGN_ORIGIN),
    },
    render: (shown, next) => jsonAnswer(200, {
      "@odata.context": `${call.origin}/graph/v1.0/$metadata#admin/exchange/tracing/messageTraces`,
      ...(next === undefined ? {} : { "@odata.nextLink": next }),
      value: shown.map((row) => graphRow(row, recalled)),
    }, { "request-id": scene.nextGuid() }),
  }, call.nowMs);
}

function readPage(scene: Scene, call: Call, tenant: EmulatedTenant): GraphPage | string {
  const token = call.query.get("$skiptoken");
  if (token !== null) return readLink(scene, tenant, token, call.nowMs) ?? "|System.ArgumentException|Invalid starting recipient address";
  const query = readGraphQuery(call);
  return typeof query === "string" ? query : { query, after: undefined };
}

function graphVoice(scene: Scene, call: Call): Required<Voice> {
  return {
    unauthorized: () => graphError(scene, call, 401, "InvalidAuthenticationToken", "Access token has been revoked."),
    forbidden: () => graphError(scene, call, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    throttled: (headers) =>
      graphError(scene, call, 429, "TooManyRequests", "Your recent queries have surpassed the permitted limit, please try again later.", headers),
    serverError: (status) => graphError(scene, call, status, "ServiceUnavailable", "The service is temporarily unavailable."),
    noServicePrincipal: () => noServicePrincipal(scene, call),
  };
}

function noServicePrincipal(scene: Scene, call: Call): WholeAnswer {
  return graphError(scene, call, 401, "Unauthorized",
    "Service principal-less Authentication failed: the service principal for App ID 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 was not found. "
    + "Please create a service principal for this app in your tenant. Provisioning may take several hours to complete. For details, see: "
    + "https://learn.microsoft.com/entra/identity-platform/retire-service-principal-less-authentication?branch=main#create-a-service-principal");
}

/** Error body of Graph (api-error-bodies.json of the samples). */
export function graphError(scene: Scene, call: Call, status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): WholeAnswer {
  const innerError = {
    "date": new Date(call.nowMs).toISOString().slice(0, 19),
    "request-id": scene.nextGuid(),
    "client-request-id": call.headers["client-request-id"] ?? scene.nextGuid(),
  };
  return jsonAnswer(status, { error: { code, message, innerError } }, headers);
}
