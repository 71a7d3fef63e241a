/** From a definition to a worker's ports and rules: where config, API limits and the shared parts meet. */
import { Fault } from "../core/fault.js";
import type { Phase } from "../core/health.js";
import type { Purpose } from "../core/model.js";
import { credentialOf, type Credential } from "../core/credential.js";
import type { Cloud, Credentials, Http, Identity, MicrosoftHosts, Observe, Random, Sink, SourceConfig, SourcePorts, SourceRecord, SourceType } from "../ports.js";
import type { JournalPorts } from "./journal.js";
import type { Quota } from "./quota.js";
import type { CorrectedClock } from "./server-clock.js";
import type { WorkerPorts, WorkerRules } from "./worker.js";

/** A stored definition with what it means. */
export interface KnownSource {
  readonly record: SourceRecord;
  readonly config: SourceConfig;
  readonly sourceType: SourceType;
}

export interface WiringPorts {
  readonly clock: CorrectedClock;
  readonly random: Random;
  readonly http: Http;
  readonly identity: Identity;
  readonly quota: Quota;
  readonly hostsOf: (cloud: Cloud) => MicrosoftHosts;
  readonly store: JournalPorts["store"];
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly observe: Observe;
  readonly salt: string;
}

/** Left between the longest horizon and the end of the API's history, for a reading that comes late. */
const HISTORY_SPARED_MS = 3_600_000;

/** What the worker of a source obeys. */
export function rulesOf({ record, config, sourceType }: KnownSource, salt: string): WorkerRules {
  const limits = sourceType.limits[config.api];
  // The last reading must come before the API forgets: settled is only what was read at the age of the horizon.
  const horizonMs = config.settleHorizonMs > 0 ? Math.min(config.timeOffsetMs + config.settleHorizonMs, limits.historyMs - HISTORY_SPARED_MS) : 0;
  const wantedMs = "atMs" in config.start ? config.start.atMs : record.createdMs - config.start.backMs;
  return {
    originMs: Math.floor(Math.min(wantedMs, record.createdMs) / 1000) * 1000,
    plan: {
      intervalMs: config.pollingIntervalMs,
      offsetMs: config.timeOffsetMs,
      horizonMs,
      historyMs: limits.historyMs,
      windowMsMax: limits.windowMsMax,
      pageRows: limits.pageRows,
      catchUp: config.catchUp,
    },
    turn: {
      sourceId: record.id,
      tenantId: config.tenantId,
      annotate: config.annotate,
      offsetMs: config.timeOffsetMs,
      origin: { sourceId: record.id, name: config.name, fields: config.fields, ...(config.category ? { category: config.category } : {}) },
      fold: { salt, statusChanges: config.statusChanges, horizonMs },
    },
  };
}

/** The ports of a source's worker. */
export function wire(source: KnownSource, ports: WiringPorts): WorkerPorts {
  const { record, config, sourceType } = source;
  const budgetKey = `${config.api}|${config.cloud}|${config.tenantId.toLowerCase()}`;
  const quota = sourceType.limits[config.api].quota;
  const rules = { quota, reserve: config.budgetReserve };
  const hosts = ports.hostsOf(config.cloud);
  const connect = (purpose: () => Purpose, phase: (phase: Phase) => void) => {
    const sourcePorts: SourcePorts = {
      http: ports.http,
      clock: ports.clock,
      hosts,
      async accessToken(signal, refused) {
        phase("Authenticating");
        const token = await ports.identity.accessToken(credentialsOf(config, hosts), signal, refused);
        phase("Authenticated");
        return token;
      },
      permit: (signal) => ports.quota.permit({ budgetKey, rules, purpose: purpose(), sourceId: record.id }, signal),
      observe: (outcome) => ports.observe({ kind: "request", sourceId: record.id, purpose: purpose(), outcome }),
    };
    return sourceType.connect(config, sourcePorts);
  };
  return {
    connect,
    sinks: () => sinksOf(config, ports.sinks),
    store: ports.store,
    clock: ports.clock,
    random: ports.random,
    observe: ports.observe,
    throttled: (untilMs) => ports.quota.pause(budgetKey, untilMs),
  };
}

function credentialsOf(config: SourceConfig, hosts: MicrosoftHosts): Credentials & { readonly credential: Credential } {
  const ofApi = config.api === "graph" ? ({ audience: hosts.graphAudience, endpoint: "v2" } as const) : ({ audience: hosts.reportingAudience, endpoint: "v1" } as const);
  const { clientId, tenantId, clientSecret, authorizationCode } = config;
  return { loginUrl: hosts.login, tenantId, clientId, clientSecret, credential: credentialOf(config), ...ofApi, ...(authorizationCode === undefined ? {} : { authorizationCode }) };
}

/** The named sinks of a source. Throws Fault destination-missing. */
function sinksOf(config: SourceConfig, sinks: ReadonlyMap<string, Sink>): ReadonlyMap<string, Sink> {
  return new Map(
    config.destinations.map((name) => {
      const sink = sinks.get(name);
      if (!sink) throw new Fault("destination-missing", { detail: `"${name}" is not among ${[...sinks.keys()].join(", ") || "none"}` });
      return [name, sink];
    }),
  );
}
