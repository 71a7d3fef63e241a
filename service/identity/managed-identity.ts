import { Fault } from "../core/fault.js";
import { retryAfterMs } from "../core/retry-after.js";
import type { Clock, Http, HttpResponse } from "../ports.js";

export interface ManagedIdentitySettings {
  /** Of the user-assigned identity; without it the system-assigned one. */
  readonly clientId?: string;
  /** Of Container Apps and App Service; without it the metadata address of virtual machines is asked. */
  readonly identityEndpoint?: string;
  readonly identityHeader?: string;
}

/** An identity that the platform vouches for: no secret is stored anywhere. */
export interface ManagedIdentity {
  /**
   * A token for an API, named by its resource ("https://vault.azure.net"). `refused` names a token that was refused: it is not given again.
   * Throws Fault identity-missing, login-unavailable, bad-answer, and the http port's.
   */
  token(resource: string, refused?: string): Promise<string>;
}

const TIMEOUT_MS = 20_000;
const BYTES_MAX = 64 * 1024;
const RENEW_BEFORE_MS = 300_000;
/** Azure's own cache gives tokens of at least some minutes; an answer without an end is trusted this long, ms. */
const LIFE_MS_DEFAULT = 300_000;
/** learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
const METADATA_URL = "http://169.254.169.254/metadata/identity/oauth2/token";

interface Kept {
  readonly token: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Tokens of the managed identity, kept in memory until five minutes before their end; one request per resource at a time.
 * Two plain GETs, documented in learn.microsoft.com/azure/container-apps/managed-identity and the page above: docs/decisions.md says
 * for why not by Azure's libraries.
 */
export function createManagedIdentity(settings: ManagedIdentitySettings, ports: { readonly http: Http; readonly clock: Clock }): ManagedIdentity {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<string>>();

  async function fetchToken(resource: string): Promise<string> {
    const response = await ports.http({ method: "GET", ...addressOf(settings, resource), timeoutMs: TIMEOUT_MS, bytesMax: BYTES_MAX });
    const nowMs = ports.clock.nowMs();
    const { token, endMs } = tokenOf(response, nowMs);
    kept.set(resource, { token, fromMs: nowMs, untilMs: Math.max(endMs - RENEW_BEFORE_MS, nowMs + (endMs - nowMs) / 2) });
    return token;
  }

  return {
    async token(resource, refused) {
      const nowMs = ports.clock.nowMs();
      const found = kept.get(resource);
      if (found && found.token !== refused && nowMs >= found.fromMs && nowMs < found.untilMs) return found.token;
      const running = underWay.get(resource) ?? fetchToken(resource).finally(() => underWay.delete(resource));
      underWay.set(resource, running);
      return await running;
    },
  };
}

function addressOf({ clientId, identityEndpoint, identityHeader }: ManagedIdentitySettings, resource: string): { url: string; headers: Record<string, string> } {
  const url = new URL(identityEndpoint ?? METADATA_URL);
  url.searchParams.set("api-version", identityEndpoint === undefined ? "2018-02-01" : "2019-08-01");
  url.searchParams.set("resource", resource);
  if (clientId !== undefined) url.searchParams.set("client_id", clientId);
  const headers: Record<string, string> = identityEndpoint === undefined ? { Metadata: "true" } : { "X-IDENTITY-HEADER": identityHeader ?? "" };
  return { url: url.href, headers };
}

function tokenOf(response: HttpResponse, nowMs: number): { token: string; endMs: number } {
  const { status } = response;
  const fields = fieldsOf(response);
  // 404, 410, 429 and 5xx pass while the machine is young (the page above, "Retry guidance").
  if ([404, 410, 429].includes(status) || status >= 500) {
    const waitMs = retryAfterMs(response.headers["retry-after"], nowMs);
    throw new Fault("login-unavailable", { status, detail: `managed identity endpoint, HTTP ${status}`, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) });
  }
  if (status !== 200) throw new Fault("identity-missing", { status, detail: `managed identity endpoint, HTTP ${status}${complaintOf(fields)}` });
  const token = fields["access_token"];
  if (typeof token !== "string" || token === "") throw new Fault("bad-answer", { status, detail: "the managed identity endpoint's answer holds no token" });
  const endMs = 1000 * Number(fields["expires_on"] ?? Number.NaN);
  return { token, endMs: Number.isFinite(endMs) && endMs > nowMs ? endMs : nowMs + LIFE_MS_DEFAULT };
}

function fieldsOf({ body }: HttpResponse): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What the endpoint says of a refusal: {"statusCode":400,"message":"..."} or OAuth's error_description. */
function complaintOf(fields: Readonly<Record<string, unknown>>): string {
  const said = [fields["message"], fields["error_description"], fields["error"]].find((each) => typeof each === "string");
  return typeof said === "string" ? `: ${said.replaceAll(/\p{Cc}+/gu, " ").slice(0, 300)}` : "";
}
