/** Puts configuration from files together: what main and demo share with pull mode on or off. */
import type { App } from "./app.js";
import type { Azure } from "./azure.js";
import type { Collectors } from "./collect/collectors.js";
import type { DestinationSettings } from "./collect/destinations.js";
import type { Administration } from "./core/administration.js";
import { createConfiguration } from "./gitops/configuration.js";
import type { Kept } from "./gitops/kept.js";
import type { Clock, ConfigStore, Store } from "./ports.js";
import type { Settings } from "./settings.js";
import type { Log } from "./system/log.js";
import type { ConfigSide } from "./web/config-form.js";

export interface ConfiguredPorts {
  readonly app: App;
  readonly collectors: Collectors;
  readonly store: Pick<Store, "appendEvent"> & ConfigStore & Pick<Administration, "appendAudit">;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secrets: Pick<Azure, "resolveSecret" | "secretRefused">;
  /** The one that is always there. */
  readonly collectorId: number;
  readonly operatorDestinations: ReadonlyMap<string, DestinationSettings>;
}

/** Nothing is fetched before `pull.start`. */
export async function createConfigSide({ config, dataDir }: Pick<Settings, "config" | "dataDir">, kept: Kept, ports: ConfiguredPorts): Promise<ConfigSide> {
  const { app, collectors, store, clock, log, collectorId, operatorDestinations } = ports;
  const failedBehind = (thrown: unknown): void => log.error(thrown, "a source or collector that was deleted could not be removed to the end; it is taken up at the next start");
  const configuration = createConfiguration({ definitions: app.definitions, collectors, store, clock, collectorId, operatorDestinations, setDestinations: app.setDestinations, failedBehind }, kept);
  if (!config) return { configuration };
  // Reading files takes the YAML parser, which a collector without them does not load.
  const { createPulling } = await import("./pulling.js");
  const pull = createPulling(config, dataDir, configuration, ports);
  const { webhookSecret } = config;
  return { configuration, pull, ...(webhookSecret === undefined ? {} : { webhookSecret }) };
}
