/** What a start does once the state is open and the HTTP server listens: adapters, app, web. */
import { createApp, type App } from "./app.js";
import type { Azure } from "./azure.js";
import { createCollectors } from "./collect/collectors.js";
import { createRecent } from "./collect/recent.js";
import { createConfigSide } from "./configured.js";
import type { readDestinations } from "./destinations-file.js";
import type { FrontDoor } from "./front-door.js";
import { destinationsWith, loadKept } from "./gitops/kept.js";
import { watchLateness } from "./lateness-watch.js";
import type { Http, Observe } from "./ports.js";
import type { Settings } from "./settings.js";
import { hostsOf } from "./sources/ms-exchange-trace-logs/clouds.js";
import type { Service, StartOptions } from "./start.js";
import type { State } from "./state.js";
import { systemClock } from "./system/clock.js";
import { registerConfigMetrics } from "./system/config-metrics.js";
import { systemDisk } from "./system/disk.js";
import { createMetrics } from "./system/metrics.js";
import { systemRandom } from "./system/random.js";
import { createStdout } from "./system/stdout.js";
import { logHappenings } from "./system/tell.js";
import { VERSION } from "./version.js";
import { createAccessKey, createAccessKeys, type AccessKey } from "./web/access-keys.js";
import type { EntraTokens } from "./web/entra-tokens.js";
import { createWeb } from "./web/index.js";
import { refreshMetrics } from "./web/refresh-metrics.js";

/** Sources under /api/v1/sources belong to this collector. */
const DEFAULT_COLLECTOR_ID = 100_000_000;
/** A turn gets this much less than the whole shutdown time: the rest is for closing files and the store. */
const CLOSING_MS = 2000;

/** What the rest of a start stands on. */
export interface Ground {
  readonly state: State;
  readonly door: FrontDoor;
  readonly azure: Azure;
  readonly http: Http;
  readonly destinations: ReturnType<typeof readDestinations>;
  /** Ends what runs beside the app. */
  readonly over: AbortController;
}

export async function serve(settings: Settings, options: StartOptions, { state, door, azure, http, destinations, over }: Ground): Promise<Service> {
  const clock = systemClock;
  const { store } = state;
  const metrics = createMetrics(clock, { processMetrics: true });
  const tell = logHappenings(options.log);
  const observe: Observe = (happening) => {
    metrics.observe(happening);
    tell(happening);
    options.observe?.(happening);
  };
  const { loginUrl: login, graphUrl: graph, reportingUrl: reporting } = settings.microsoft;
  const recent = createRecent(clock);
  const app = await createApp(
    { destinations, microsoft: { login, graph, reporting }, graceMs: Math.max(1000, settings.shutdownMs - CLOSING_MS) },
    {
      clock,
      random: systemRandom,
      http,
      disk: systemDisk,
      stdout: createStdout(options.stdout as never),
      store,
      ...azure,
      observe,
      recent,
    },
  );
  const kept = await loadKept(store);
  const collectors = createCollectors({ store, clock, definitions: app.definitions, defaultId: DEFAULT_COLLECTOR_ID });
  const config = await createConfigSide(settings, kept, { app, collectors, store, clock, log: options.log, environment: options.environment, secrets: azure, collectorId: DEFAULT_COLLECTOR_ID, operatorDestinations: destinations });
  registerConfigMetrics(metrics.registry, () => ({ ...config.configuration.kept(), ...config.pull?.state(), failed: config.pull?.state().error !== undefined }));
  // Before the workers: what the repository brought must be there though it cannot be reached now.
  app.setDestinations(destinationsWith(destinations, kept));
  const given = givenAccessKey(settings);
  const web = createWeb(app, {
    accessKeys: createAccessKeys({ store, clock, ...(given ? { given } : {}) }),
    ...(settings.entra ? { entraTokens: await entraTokens(settings.entra, hostsOf("global", { login }).login, http) } : {}),
    limits: settings.apiLimits,
    collectors,
    recent,
    config,
    metrics,
    clock,
    random: systemRandom,
    store,
    readiness: () => readinessOf(state),
    defaultCollectorId: DEFAULT_COLLECTOR_ID,
    version: VERSION,
    logRequest: (entry) => options.log[entry.status >= 500 ? "error" : entry.status >= 400 ? "warn" : "debug"](entry, `${entry.method} ${entry.path} ${entry.status}`),
  });
  await app.start();
  await collectors.start();
  await refreshMetrics(app, metrics, clock);
  // Last of all: a start that fails must not leave the hash of a key that nobody was ever shown.
  const newAccessKey = given ? undefined : await firstAccessKey(store);
  door.admit(web);
  config.pull?.start();
  void watchLateness(app, { clock, log: options.log }, over.signal);
  return { url: door.url, app, ...(newAccessKey ? { newAccessKey } : {}), stop: async () => {
      await config.pull?.stop();
      await stop(door, app, state, over);
    } };
}

/** Loaded where bearer tokens are configured: reading them takes a library of its own. */
async function entraTokens(settings: NonNullable<Settings["entra"]>, loginUrl: string, http: Http): Promise<EntraTokens> {
  const { createEntraTokens } = await import("./web/entra-tokens.js");
  return createEntraTokens({ ...settings, loginUrl }, { http, clock: systemClock });
}

function givenAccessKey({ accessId, accessKey }: Settings): AccessKey | undefined {
  return accessId !== undefined && accessKey !== undefined ? { accessId, accessKey } : undefined;
}

async function firstAccessKey(store: State["store"]): Promise<AccessKey | undefined> {
  return (await store.accessKeys()).length > 0 ? undefined : await createAccessKey(store, systemClock);
}

async function readinessOf({ store, held }: State): Promise<{ ready: boolean; reasons: readonly string[] }> {
  try {
    await store.check();
    return held() ? { ready: true, reasons: [] } : { ready: false, reasons: ["the connection that keeps other collectors away from the database is being made anew"] };
  } catch {
    return { ready: false, reasons: ["the store does not answer or cannot write"] };
  }
}

async function stop(door: FrontDoor, app: App, state: State, over: AbortController): Promise<void> {
  over.abort();
  door.shut();
  await app.stop();
  door.close();
  await state.close();
}
