import { createHash } from "node:crypto";
import { Fault } from "../core/fault.js";
import type { Clock, Credentials, Http, Identity, ResolveSecret, Secret } from "../ports.js";
import { clientProof, type ClientProof } from "./client-proof.js";
import { grantKeyOf, Grants, type GrantStore } from "./grants.js";
import type { ManagedIdentity } from "./managed-identity.js";
import { requestTokens } from "./token-request.js";

export interface IdentityPorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly store: GrantStore;
  readonly resolveSecret: ResolveSecret;
  /** Absent where the collector runs as nobody: outside Azure, in simulations. */
  readonly managedIdentity?: ManagedIdentity | undefined;
  /** Told of a secret that Microsoft refused: whoever caches it had better look again. */
  readonly secretRefused?: ((secret: Secret) => void) | undefined;
}

/** An identity that can be waited for before the store is closed: a code being redeemed is worth its answer. */
export interface EntraIdentity extends Identity {
  /** Resolves when no request for a token is under way. */
  idle(): Promise<void>;
}

/** A token is renewed this long before it ends; one that lives shorter than 20 minutes, at three quarters of its life. */
const RENEW_BEFORE_MS = 300_000;
/** A refusal that only a person can cure is not asked for again within this time: loops are punished (AADSTS50196). */
const REFUSAL_KEPT_MS = 20_000;
/** Faults for which a secret that was replaced meanwhile is the likeliest cause. */
const SECRET_FAULTS: ReadonlySet<string> = new Set(["secret-wrong", "secret-expired", "credential-unknown"]);
/** Bound on what is remembered; far above the number of apps in one collector. */
const ENTRIES_MAX = 10_000;

interface Token {
  readonly accessToken: string;
  readonly fetchedMs: number;
  readonly renewMs: number;
}
interface Refusal {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Access tokens of Microsoft Entra, fetched once for all sources of an app, kept in memory only. */
export function createIdentity(ports: IdentityPorts): EntraIdentity {
  const { clock } = ports;
  const grants = new Grants(ports.store);
  const tokens = new Map<string, Token>();
  const refusals = new Map<string, Refusal>();
  const underWay = new Map<string, Promise<string>>();

  async function fetchToken(key: string, asked: Resolved): Promise<string> {
    const fetchedMs = clock.nowMs();
    try {
      const { credentials, client, code, grantKey } = asked;
      const got = code === undefined
        ? await requestTokens(credentials, client, { kind: "app" }, ports)
        : await grants.tokens(grantKey, code, (proof) => requestTokens(credentials, client, proof, ports));
      const lifeMs = got.expiresInMs;
      remember(tokens, key, { accessToken: got.accessToken, fetchedMs, renewMs: fetchedMs + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs * 0.75) });
      return got.accessToken;
    } catch (thrown) {
      const nowMs = clock.nowMs();
      const { source } = asked.client;
      if (source !== undefined && thrown instanceof Fault && SECRET_FAULTS.has(thrown.code)) ports.secretRefused?.(source);
      const keptMs = thrown instanceof Fault ? keptForMs(thrown) : 0;
      if (thrown instanceof Fault && keptMs > 0) remember(refusals, key, { fault: thrown, fromMs: nowMs, untilMs: nowMs + keptMs });
      throw thrown;
    }
  }

  /** One request per key, however many ask; it runs to its end also when all who asked have left. */
  function shared(key: string, asked: Resolved): Promise<string> {
    const running = underWay.get(key);
    if (running) return running;
    const started = fetchToken(key, asked).finally(() => underWay.delete(key));
    started.catch(() => undefined);
    underWay.set(key, started);
    return started;
  }

  return {
    async accessToken(credentials, signal, refused) {
      signal.throwIfAborted();
      const asked = await resolved(credentials, ports);
      const key = keyOf(asked);
      const token = tokens.get(key);
      if (token && token.accessToken === refused) tokens.delete(key);
      else if (token && isWithin(clock.nowMs(), token.fetchedMs, token.renewMs)) return token.accessToken;
      const refusal = refusals.get(key);
      if (refusal && isWithin(clock.nowMs(), refusal.fromMs, refusal.untilMs)) throw refusal.fault;
      refusals.delete(key);
      return orAborted(shared(key, asked), signal);
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay.values());
    },
  };
}

interface Resolved {
  readonly credentials: Credentials;
  readonly client: ClientProof;
  readonly code: string | undefined;
  /** "" for the application's own permission. */
  readonly grantKey: string;
}

async function resolved(credentials: Credentials, ports: IdentityPorts): Promise<Resolved> {
  const { clock, resolveSecret, managedIdentity } = ports;
  const client = await clientProof(credentials, { clock, resolveSecret, ...(managedIdentity ? { managedIdentity } : {}) });
  const code = credentials.authorizationCode === undefined ? undefined : (await resolveSecret(credentials.authorizationCode)).trim();
  if (!code) return { credentials, client, code: undefined, grantKey: "" };
  return { credentials, client, code, grantKey: grantKeyOf(credentials, code) };
}

/** The secret counts too: a wrong one must not be covered by the token that the right one got. Hashed, so that no key of a map is a secret. */
function keyOf({ credentials, client, grantKey }: Resolved): string {
  const { loginUrl, tenantId, clientId, audience, endpoint } = credentials;
  const parts = [loginUrl, tenantId.toLowerCase(), clientId.toLowerCase(), audience, endpoint, grantKey, client.fingerprint];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}

/** How long a fault is answered from memory, ms. */
function keptForMs(fault: Fault): number {
  // The store knows of a used code, and it costs Microsoft nothing to be asked again there.
  if (fault.code === "code-used" && fault.status === undefined) return 0;
  if (fault.code === "token-loop") return fault.retryAfterMs ?? REFUSAL_KEPT_MS;
  return fault.remedy === "consent" || fault.remedy === "configure" ? REFUSAL_KEPT_MS : 0;
}

/** Before `fromMs` counts as outside: the clock was set back, and what it said of the end is worth nothing. */
function isWithin(nowMs: number, fromMs: number, untilMs: number): boolean {
  return nowMs >= fromMs && nowMs < untilMs;
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  if (map.size >= ENTRIES_MAX) map.delete(map.keys().next().value as string);
  map.set(key, value);
}

/** The promise's outcome, or the signal's reason when that comes first; the promise goes on. */
async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
