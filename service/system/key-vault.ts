import { Fault } from "../core/fault.js";
import { retryAfterMs } from "../core/retry-after.js";
import type { Clock, Http, HttpResponse, ResolveSecret, Secret } from "../ports.js";

export interface KeyVaultPorts {
  readonly http: Http;
  readonly clock: Clock;
  /** A token for the vault; `refused` names one that it refused. */
  token(refused?: string): Promise<string>;
}

/** Secrets of one Azure Key Vault, read by name in their newest version. */
export interface KeyVault {
  /** Throws Fault secret-unresolved, server-error, and what the token and the http port throw. */
  secret(name: string): Promise<string>;
  /** The value was refused by whom it was meant for: the next look-up goes to the vault, if some seconds have passed since the last. */
  doubt(name: string): void;
}

/** What references to the vault begin with. */
export const KEY_VAULT_PREFIX = "keyvault:";
/** How long a value is used without looking: a rotated secret is taken up within this time, or at once when the old one is refused. */
const KEPT_MS = 300_000;
/** A doubted value younger than this is not looked up again: the refusal will not be the vault's doing. */
const DOUBT_AFTER_MS = 15_000;
/** While the vault cannot be reached, a value goes on being used this long: its outage must not become ours. */
const STALE_MS = 24 * 3_600_000;
const TIMEOUT_MS = 20_000;
const BYTES_MAX = 256 * 1024;
/** learn.microsoft.com/rest/api/keyvault/secrets/get-secret */
const API_VERSION = "7.4";

interface Kept {
  readonly value: string;
  readonly atMs: number;
  readonly doubted: boolean;
}

export function createKeyVault(url: string, ports: KeyVaultPorts): KeyVault {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<string>>();
  const ageMs = ({ atMs }: Kept): number => {
    const age = ports.clock.nowMs() - atMs;
    return age < 0 ? Infinity : age; // the clock was put back: what it said then is worth nothing
  };

  async function ask(name: string, refused?: string): Promise<HttpResponse> {
    const token = await ports.token(refused);
    const response = await ports.http({
      method: "GET",
      url: `${url}/secrets/${encodeURIComponent(name)}?api-version=${API_VERSION}`,
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      timeoutMs: TIMEOUT_MS,
      bytesMax: BYTES_MAX,
    });
    return response.status === 401 && refused === undefined ? await ask(name, token) : response;
  }

  async function read(name: string): Promise<string> {
    try {
      const value = valueOf(await ask(name), name, ports.clock.nowMs());
      kept.set(name, { value, atMs: ports.clock.nowMs(), doubted: false });
      return value;
    } catch (thrown) {
      const old = kept.get(name);
      if (old && ageMs(old) < STALE_MS && thrown instanceof Fault && thrown.remedy === "retry") return old.value;
      kept.delete(name);
      throw thrown;
    }
  }

  return {
    async secret(name) {
      const found = kept.get(name);
      if (found && ageMs(found) < (found.doubted ? DOUBT_AFTER_MS : KEPT_MS)) return found.value;
      const running = underWay.get(name) ?? read(name).finally(() => underWay.delete(name));
      underWay.set(name, running);
      return await running;
    },
    doubt(name) {
      const found = kept.get(name);
      if (found) kept.set(name, { ...found, doubted: true });
    },
  };
}

/** A resolver that knows the vault, too; without one it says what is missing. Everything else is left to `others`. */
export function withKeyVault(others: ResolveSecret, vault: KeyVault | undefined): ResolveSecret {
  return async (secret) => {
    const name = vaultNameOf(secret);
    if (name === undefined) return await others(secret);
    if (!vault) throw unresolved(name, "no Key Vault is set (AZURE_KEY_VAULT_URL)");
    return await vault.secret(name);
  };
}

/** The name in the vault that a reference means; undefined for every other secret. */
export function vaultNameOf(secret: Secret): string | undefined {
  if (typeof secret === "string" || !secret.secretRef.startsWith(KEY_VAULT_PREFIX)) return undefined;
  return secret.secretRef.slice(KEY_VAULT_PREFIX.length);
}

function valueOf(response: HttpResponse, name: string, nowMs: number): string {
  const { status } = response;
  if (status === 401 || status === 403) throw unresolved(name, `the managed identity may not read it (HTTP ${status}): it needs the role Key Vault Secrets User on this secret, and the vault's firewall must let the collector in`, status);
  if (status === 404) throw unresolved(name, "the vault holds no secret of this name, or it is disabled (HTTP 404)", status);
  if (status === 429 || status >= 500) {
    const waitMs = retryAfterMs(response.headers["retry-after"], nowMs);
    throw new Fault("server-error", { status, detail: `Key Vault, secret ${name}, HTTP ${status}`, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) });
  }
  if (status !== 200) throw unresolved(name, `the vault answered HTTP ${status}`, status);
  const value = textOf(response.body);
  if (value === undefined || value === "") throw unresolved(name, "the vault's answer holds no value", status);
  return value;
}

function textOf(body: Uint8Array): string | undefined {
  try {
    const { value } = JSON.parse(new TextDecoder().decode(body)) as { value?: unknown };
    return typeof value === "string" ? value.replace(/\r?\n$/, "") : undefined;
  } catch {
    return undefined;
  }
}

function unresolved(name: string, why: string, status?: number): Fault {
  return new Fault("secret-unresolved", { detail: `secretRef "${KEY_VAULT_PREFIX}${name.slice(0, 200)}": ${why}`, ...(status === undefined ? {} : { status }) });
}
