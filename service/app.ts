/** The collector without its outside: the same for production, demo, tests and simulation. */
import { createDefinitions, type Definitions } from "./collect/definitions.js";
import { createDestinations, type DestinationSettings, type Destinations, type OpenSink } from "./collect/destinations.js";
import { createOperations, type Operations } from "./collect/operations.js";
import { createQuota } from "./collect/quota.js";
import type { Recent } from "./collect/recent.js";
import { createServerClock } from "./collect/server-clock.js";
import { createSupervisor, type Supervisor } from "./collect/supervisor.js";
import type { Administration } from "./core/administration.js";
import { createIdentity } from "./identity/index.js";
import type { ManagedIdentity } from "./identity/managed-identity.js";
import type { Clock, Cloud, Disk, Http, MicrosoftHosts, Observe, Random, ResolveSecret, Secret, Sink, Store } from "./ports.js";
import { SINK_TYPES } from "./sinks/registry.js";
import { hostsOf, type HostOverrides } from "./sources/ms-exchange-trace-logs/clouds.js";
import { sourceTypeOf } from "./sources/registry.js";

export interface AppSettings {
  /** Validated destinations by name, defaults filled in. */
  readonly destinations: ReadonlyMap<string, DestinationSettings>;
  readonly microsoft: HostOverrides;
  /** How long a turn may take to end after a stop, ms. */
  readonly graceMs: number;
}

export interface AppPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: Http;
  readonly disk: Disk;
  readonly stdout: (text: string) => Promise<void>;
  readonly store: Store & Partial<Pick<Administration, "madeFrom">>;
  readonly resolveSecret: ResolveSecret;
  readonly observe: Observe;
  /** Told of every line that a destination has taken. */
  readonly recent?: Recent;
  /** Who the collector runs as, on Azure. */
  readonly managedIdentity?: ManagedIdentity;
  /** Told of a secret that Microsoft refused. */
  readonly secretRefused?: (secret: Secret) => void;
}

export interface App {
  readonly definitions: Definitions;
  readonly supervisor: Supervisor;
  readonly operations: Operations;
  readonly destinations: ReadonlyMap<string, Sink>;
  /** Makes these the destinations, without a restart. */
  readonly setDestinations: Destinations["set"];
  start(): Promise<void>;
  /** Ends every turn within the grace time and closes sinks. The store is the caller's. */
  stop(): Promise<void>;
}

/** Puts the collector together. Nothing runs before `start`. Throws Fault store-*. */
export async function createApp(settings: AppSettings, ports: AppPorts): Promise<App> {
  const { store, random, resolveSecret } = ports;
  const clock = createServerClock(ports.clock);
  const http = clock.listening(ports.http);
  const observe: Observe = (happening) => {
    ports.observe(happening);
    if (happening.kind !== "gap") return;
    const { sourceId, window, reason } = happening;
    store.appendEvent({ atMs: clock.nowMs(), sourceId, kind: "gap", detail: { ...window, reason } }).catch(() => undefined);
  };
  const destinations = createDestinations(settings.destinations, sinkOpener(ports), clock);
  const { sinks } = destinations;
  const salt = await store.fingerprintSalt();
  const identity = createIdentity({ http, clock, store, resolveSecret, managedIdentity: ports.managedIdentity, secretRefused: ports.secretRefused });
  const quota = createQuota({ store, clock });
  const hosts = (cloud: Cloud): MicrosoftHosts => hostsOf(cloud, settings.microsoft);
  const supervisor = createSupervisor({ clock, random, http, identity, quota, hostsOf: hosts, store, sinks, observe, salt });
  const { graceMs } = settings;
  const definitions = createDefinitions({ store, clock, random, supervisor, sourceTypeOf, destinations: sinks, observe, graceMs });
  const operations = createOperations({ definitions, supervisor, store, clock, observe });
  return {
    definitions,
    supervisor,
    operations,
    destinations: sinks,
    setDestinations: destinations.set,
    start: () => definitions.start(),
    async stop() {
      definitions.stop();
      await supervisor.stopAll(graceMs);
      // A code that is being redeemed is never abandoned: its answer is the consent.
      const over = new AbortController();
      await Promise.race([identity.idle(), clock.sleep(graceMs, over.signal).catch(() => undefined)]);
      over.abort();
      await destinations.close();
    },
  };
}

/** All sinks share one set of ports: by it they know whether two of them would write the same file. */
function sinkOpener({ http, disk, clock, resolveSecret, stdout, recent }: AppPorts): OpenSink {
  const ports = { http, disk, clock, resolveSecret, stdout };
  return (name, { type, config }) => {
    const sinkType = SINK_TYPES.find((one) => one.type === type);
    if (!sinkType) throw new RangeError(`destination "${name}" has the unknown type "${type}"`);
    const sink = sinkType.open(name, config, ports);
    return recent?.watch(name, sink) ?? sink;
  };
}
