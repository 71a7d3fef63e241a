/** Starts the whole service from settings: adapters, app, web. What main.ts and the demo share. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp, type App } from "./app.js";
import { readDestinations } from "./destinations-file.js";
import type { Observe, Store } from "./ports.js";
import type { Settings } from "./settings.js";
import { openStore } from "./store/index.js";
import { systemClock } from "./system/clock.js";
import { systemDisk } from "./system/disk.js";
import { createHttp } from "./system/http.js";
import type { Log } from "./system/log.js";
import { createMetrics } from "./system/metrics.js";
import { systemRandom } from "./system/random.js";
import { createResolveSecret } from "./system/secrets.js";
import { createStdout } from "./system/stdout.js";
import { logHappenings } from "./system/tell.js";
import { VERSION } from "./version.js";
import { createAccessKey, createAccessKeys, type AccessKey } from "./web/access-keys.js";
import { createWeb } from "./web/index.js";

/** Sources under /api/v1/sources belong to this collector. */
export const DEFAULT_COLLECTOR_ID = 100_000_000;

export interface Service {
  /** Base URL of API and status page, without trailing slash. */
  readonly url: string;
  readonly app: App;
  /** Made by this start, to be shown once; absent when there was one already or the settings give it. */
  readonly newAccessKey?: AccessKey;
  /** Ends turns within the grace time, then closes everything. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream;
  /** Told of everything that happens, beside log and metrics. */
  readonly observe?: Observe;
}

/** A turn gets this much less than the whole shutdown time: the rest is for closing files and the store. */
const CLOSING_MS = 2000;
const IDLE_MS = 25_000;
const HEADERS_MS = 15_000;
const REQUEST_MS = 30_000;

/** Throws SettingsError, Fault store-refused, key-wrong and others of the store, or what listen() throws. */
export async function startService(settings: Settings, options: StartOptions): Promise<Service> {
  const clock = systemClock;
  const destinations = readDestinations(settings);
  const encryptionKey = settings.encryptionKey?.toString("base64");
  const store = await openStore({ kind: "embedded", folder: settings.dataDir, ...(encryptionKey ? { encryptionKey } : {}) }, { clock });
  try {
    const metrics = createMetrics(clock, { processMetrics: true });
    const tell = logHappenings(options.log);
    const observe: Observe = (happening) => {
      metrics.observe(happening);
      tell(happening);
      options.observe?.(happening);
    };
    const { loginUrl: login, graphUrl: graph, reportingUrl: reporting } = settings.microsoft;
    const app = await createApp(
      { destinations, microsoft: { login, graph, reporting }, graceMs: Math.max(1000, settings.shutdownMs - CLOSING_MS) },
      {
        clock,
        random: systemRandom,
        http: createHttp({ userAgent: `message-trace-collector/${VERSION}`, idleMs: IDLE_MS }),
        disk: systemDisk,
        stdout: createStdout(options.stdout as never),
        store,
        resolveSecret: createResolveSecret(options.environment),
        observe,
      },
    );
    const { given, newAccessKey } = await accessKeyOf(settings, store);
    const web = createWeb(app, {
      accessKeys: createAccessKeys({ store, clock, ...(given ? { given } : {}) }),
      metrics,
      clock,
      random: systemRandom,
      store,
      readiness: () => readinessOf(store),
      defaultCollectorId: DEFAULT_COLLECTOR_ID,
      version: VERSION,
      logRequest: (entry) => options.log[entry.status >= 500 ? "error" : entry.status >= 400 ? "warn" : "debug"](entry, `${entry.method} ${entry.path} ${entry.status}`),
    });
    const server = await listen(createServer({ headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS }, web), settings);
    await app.start();
    return { url: addressOf(server, settings), app, ...(newAccessKey ? { newAccessKey } : {}), stop: () => stop(server, app, store) };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

async function accessKeyOf(settings: Settings, store: Store): Promise<{ given?: AccessKey; newAccessKey?: AccessKey }> {
  const { accessId, accessKey } = settings;
  if (accessId !== undefined && accessKey !== undefined) return { given: { accessId, accessKey } };
  if ((await store.accessKeys()).length > 0) return {};
  return { newAccessKey: await createAccessKey(store, systemClock) };
}

async function readinessOf(store: Store): Promise<{ ready: boolean; reasons: readonly string[] }> {
  try {
    await store.check();
    return { ready: true, reasons: [] };
  } catch {
    return { ready: false, reasons: ["the store does not answer or cannot write"] };
  }
}

async function listen(server: Server, { host, port }: Settings): Promise<Server> {
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

function addressOf(server: Server, settings: Settings): string {
  const { port } = server.address() as AddressInfo;
  const host = settings.host === "0.0.0.0" || settings.host === "::" ? "localhost" : settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return `http://${host}:${port}`;
}

async function stop(server: Server, app: App, store: Store): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await app.stop();
  server.closeAllConnections();
  await store.close();
}
