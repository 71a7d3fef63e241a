/** What every route of the emulator needs: the options with their defaults, the tenants, the faults, and names drawn from the seed. */
import type { Clock } from "../ports.js";
import type { TrustedProofs } from "./client-assertion.js";
import type { FlowOptions } from "./flow-options.js";
import type { ScheduledFault } from "./fault-catalogue.js";
import { createFaults, type Faults } from "./faults.js";
import { createMailbox, type Mailbox } from "./mailbox.js";
import { createQuota, type Quota } from "./quota.js";
import { guid, seededRandom } from "./seeded-random.js";

export interface TenantOptions {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Authorization codes that wait to be redeemed; they expire, counted from the emulator's start. */
  readonly codes?: readonly string[];
  readonly redirectUri?: string;
  readonly flow: FlowOptions;
  /** Mail domain. */
  readonly organization?: string;
  /** False: the message trace service principal is not provisioned, Graph answers 401. */
  readonly servicePrincipal?: boolean;
  /** False: tokens by client credentials carry no role, the APIs answer 403. */
  readonly applicationPermission?: boolean;
  /** False: codes and refresh tokens are refused with AADSTS65001. */
  readonly consent?: boolean;
  /** From then on the secret is refused with AADSTS7000222. */
  readonly secretExpiresMs?: number;
  /** Certificates and federated credentials of the app registration; default none. */
  readonly trusted?: TrustedProofs;
}

export interface EmulatorOptions {
  readonly clock: Clock;
  readonly seed: string | number;
  /** Origin for absolute links when a request does not name one. */
  readonly baseUrl: string;
  readonly tenants: readonly TenantOptions[];
  /** Default 3600 s less one, as Microsoft's v2 endpoint says it. */
  readonly tokenLifetimeMs?: number;
  /** Default 10 minutes. */
  readonly codeLifetimeMs?: number;
  /** Default 90 days. */
  readonly refreshLifetimeMs?: number;
  /** After so long a Graph next link answers 400; default 10 minutes. */
  readonly linkLifetimeMs?: number;
  /** Graph requests per tenant; default 100 per 300 s. */
  readonly quota?: { readonly requests: number; readonly perMs: number };
  /** Whether the 429 of the quota says how long to wait; default true. */
  readonly quotaRetryAfter?: boolean;
  readonly receiver?: ReceiverOptions;
  readonly faults?: readonly ScheduledFault[];
}

export interface ReceiverOptions {
  /** Accepted URL codes and tokens; default any. */
  readonly codes?: readonly string[];
  /** "keys" keeps what comparing needs and forgets the text. */
  readonly keep?: "lines" | "keys";
  /** More than one line above so many uncompressed bytes is answered with 413; default 1 MiB. */
  readonly bytesMax?: number;
}

export interface EmulatedTenant extends Required<Omit<TenantOptions, "codes" | "flow" | "secretExpiresMs">> {
  readonly codes: readonly string[];
  readonly secretExpiresMs: number;
  readonly mailbox: Mailbox;
  readonly quota: Quota;
}

export interface Scene {
  readonly clock: Clock;
  readonly seed: string | number;
  readonly startedMs: number;
  readonly tokenLifetimeMs: number;
  readonly codeLifetimeMs: number;
  readonly refreshLifetimeMs: number;
  readonly linkLifetimeMs: number;
  readonly quotaRetryAfter: boolean;
  readonly tenants: ReadonlyMap<string, EmulatedTenant>;
  readonly faults: Faults;
  /** A fresh GUID, the next one of the seed. */
  nextGuid(): string;
}

export function createScene(options: EmulatorOptions): Scene {
  const random = seededRandom(options.seed, "scene");
  const tenants = options.tenants.map((tenant) => emulatedTenant(tenant, options));
  return {
    clock: options.clock,
    seed: options.seed,
    startedMs: options.clock.nowMs(),
    tokenLifetimeMs: options.tokenLifetimeMs ?? 3_599_000,
    codeLifetimeMs: options.codeLifetimeMs ?? 600_000,
    refreshLifetimeMs: options.refreshLifetimeMs ?? 90 * 86_400_000,
    linkLifetimeMs: options.linkLifetimeMs ?? 600_000,
    quotaRetryAfter: options.quotaRetryAfter ?? true,
    tenants: new Map(tenants.map((tenant) => [tenant.tenantId.toLowerCase(), tenant])),
    faults: createFaults(options.seed, options.faults),
    nextGuid: () => guid(random),
  };
}

function emulatedTenant(tenant: TenantOptions, options: EmulatorOptions): EmulatedTenant {
  const { flow, ...rest } = tenant;
  const organization = tenant.organization ?? `t${tenant.tenantId.slice(0, 8)}.onmicrosoft.example`;
  return {
    redirectUri: "https://localhost", servicePrincipal: true, applicationPermission: true, consent: true, codes: [], secretExpiresMs: Infinity, trusted: {},
    ...rest,
    organization,
    mailbox: createMailbox({ seed: options.seed, tenantId: tenant.tenantId, organization }, flow),
    quota: createQuota(options.quota ?? { requests: 100, perMs: 300_000 }),
  };
}
