/** Starts the whole service from settings. What main.ts and the demo share. */
import type { App } from "./app.js";
import { createAzure } from "./azure.js";
import { readDestinations } from "./destinations-file.js";
import { openBoth } from "./opening.js";
import type { Observe } from "./ports.js";
import type { Settings } from "./settings.js";
import { systemClock } from "./system/clock.js";
import { createHttp } from "./system/http.js";
import type { Log } from "./system/log.js";
import { createResolveSecret } from "./system/secrets.js";
import { VERSION } from "./version.js";
import type { AccessKey } from "./web/access-keys.js";

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
  /** Ends a start that still waits for its turn or for the database. */
  readonly signal?: AbortSignal;
  /** Another process took over the database while this one could not reach it: it must end. */
  readonly onTaken?: () => void;
}

const IDLE_MS = 25_000;

/** Throws SettingsError, Fault store-refused, key-wrong and others of the store, what listen() throws, or the signal's reason. */
export async function startService(settings: Settings, options: StartOptions): Promise<Service> {
  const destinations = readDestinations(settings);
  const http = createHttp({ userAgent: `message-trace-collector/${VERSION}`, idleMs: IDLE_MS });
  const azure = createAzure(settings.azure, { http, clock: systemClock }, createResolveSecret(options.environment));
  const opened = await openBoth(settings, options, azure);
  const over = new AbortController();
  try {
    // Behind the open door: most of the code is what comes now, and probes need not wait for it.
    const { serve } = await import("./serving.js");
    return await serve(settings, options, { ...opened, azure, http, destinations, over });
  } catch (thrown) {
    over.abort();
    opened.door.shut();
    opened.door.close();
    await opened.state.close();
    throw thrown;
  }
}
