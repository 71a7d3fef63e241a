/** The collector without its outside: the same for production, demo, tests and simulation. */
import { createDefinitions, type Definitions } from "./collect/definitions.js";
import { createOperations, type Operations } from "./collect/operations.js";
import { createQuota } from "./collect/quota.js";
import { createServerClock } from "./collect/server-clock.js";
import { createSupervisor, type Supervisor } from "./collect/supervisor.js";
import { createIdentity } from "./identity/index.js";
import type { Clock, Cloud, Disk, Http, MicrosoftHosts, Observe, Random, ResolveSecret, Sink, Store } from "./ports.js";
import { SINK_TYPES } from "./sinks/registry.js";
import { hostsOf, type HostOverrides } from "./sources/ms-exchange-trace-logs/clouds.js";
import { sourceTypeOf } from "./sources/registry.js";

export interface AppSettings {
  /** Validated destinations by name, defaults filled in. */
  readonly destinations: ReadonlyMap<string, { readonly type: string; readonly config: Readonly<Record<string, unknown>> }>;
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
  readonly store: Store;
  readonly resolveSecret: ResolveSecret;
  readonly observe: Observe;
}

export interface App {
  readonly definitions: Definitions;
  readonly supervisor: Supervisor;
  readonly operations: Operations;
  readonly destinations: ReadonlyMap<string, Sink>;
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
  const sinks = openSinks(settings, ports);
  const salt = await store.fingerprintSalt();
  const identity = createIdentity({ http, clock, store, resolveSecret });
  const quota = createQuota({ store, clock });
  const hosts = (cloud: Cloud): MicrosoftHosts => hostsOf(cloud, settings.microsoft);
  const supervisor = createSupervisor({ clock, random, http, identity, quota, hostsOf: hosts, store, sinks, observe, salt });
  const { graceMs } = settings;
  const definitions = createDefinitions({ store, clock, supervisor, sourceTypeOf, destinations: new Set(sinks.keys()), observe, graceMs });
  const operations = createOperations({ definitions, supervisor, store, clock, observe });
  return {
    definitions,
    supervisor,
    operations,
    destinations: sinks,
    start: () => definitions.start(),
    async stop() {
      await supervisor.stopAll(graceMs);
      // A code that is being redeemed is never abandoned: its answer is the consent.
      const over = new AbortController();
      await Promise.race([identity.idle(), clock.sleep(graceMs, over.signal).catch(() => undefined)]);
      over.abort();
      await Promise.allSettled([...sinks.values()].map((sink) => sink.close()));
    },
  };
}

function openSinks(settings: AppSettings, ports: AppPorts): ReadonlyMap<string, Sink> {
  const { http, disk, clock, resolveSecret, stdout } = ports;
  return new Map(
    [...settings.destinations].map(([name, { type, config }]) => {
      const sinkType = SINK_TYPES.find((one) => one.type === type);
      if (!sinkType) throw new RangeError(`destination "${name}" has the unknown type "${type}"`);
      return [name, sinkType.open(name, config, { http, disk, clock, resolveSecret, stdout })];
    }),
  );
}
