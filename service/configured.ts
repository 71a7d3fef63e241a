/** Puts configuration from files together: what main and demo share with pull mode on or off. */
import { join } from "node:path";
import type { App } from "./app.js";
import type { Collectors } from "./collect/collectors.js";
import type { DestinationSettings } from "./collect/destinations.js";
import type { Administration } from "./core/administration.js";
import type { ConfigOrigin } from "./core/config-origin.js";
import { createConfiguration, type Configuration } from "./gitops/configuration.js";
import type { Kept } from "./gitops/kept.js";
import { createPull, type Pull, type PullTold } from "./gitops/pull.js";
import { isConfigPath } from "./gitops/repository.js";
import type { Clock, ConfigStore, Store } from "./ports.js";
import type { Settings } from "./settings.js";
import { folderOrigin } from "./system/config-folder.js";
import { gitOrigin } from "./system/git-origin.js";
import type { Log } from "./system/log.js";
import type { ConfigSide } from "./web/config-form.js";

export interface ConfiguredPorts {
  readonly app: App;
  readonly collectors: Collectors;
  readonly store: Pick<Store, "appendEvent"> & ConfigStore & Pick<Administration, "appendAudit">;
  readonly clock: Clock;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The one that is always there. */
  readonly collectorId: number;
  readonly operatorDestinations: ReadonlyMap<string, DestinationSettings>;
}

/** Nothing is fetched before `pull.start`. */
export function createConfigSide({ config, dataDir }: Pick<Settings, "config" | "dataDir">, kept: Kept, ports: ConfiguredPorts): ConfigSide {
  const { app, collectors, store, clock, log, collectorId, operatorDestinations } = ports;
  const failedBehind = (thrown: unknown): void => log.error(thrown, "a source or collector that was deleted could not be removed to the end; it is taken up at the next start");
  const configuration = createConfiguration({ definitions: app.definitions, collectors, store, clock, collectorId, operatorDestinations, setDestinations: app.setDestinations, failedBehind }, kept);
  if (!config) return { configuration };
  const { intervalMs, prune, graceMs, environment, webhookSecret } = config;
  const origin = originOf(config, dataDir, ports);
  const settings = { intervalMs, prune, graceMs, ...(environment === undefined ? {} : { environment }) };
  const pull: Pull = createPull(origin, settings, { clock, configuration, tell: (told) => tell(told, origin, configuration, ports) });
  return { configuration, pull, ...(webhookSecret === undefined ? {} : { webhookSecret }) };
}

function originOf({ from }: NonNullable<Settings["config"]>, dataDir: string, { environment }: ConfiguredPorts): ConfigOrigin {
  if (from.kind === "folder") return folderOrigin(from.path, isConfigPath);
  return gitOrigin({ ...from, folder: join(dataDir, "config-repo"), environment }, isConfigPath);
}

function tell(told: PullTold, origin: ConfigOrigin, configuration: Configuration, { store, clock, log }: ConfiguredPorts): void {
  if (told.kind === "failed") {
    const { revision, message, problems } = told.error;
    log.error({ event: "config-failed", origin: origin.name, revision, problems: problems.slice(0, 20), kept: configuration.kept().revision }, `the configuration could not be taken up: ${message}`);
    return;
  }
  const { revision, planned } = told;
  log.info({ event: "config-applied", origin: origin.name, revision, steps: planned.steps.length, unchanged: planned.unchanged, ...(planned.notes.length > 0 ? { notes: planned.notes } : {}) }, "the configuration was taken up");
  for (const step of planned.steps) {
    const id = String(step.id ?? step.name);
    const to = { file: step.file, revision, ...("changes" in step ? { changes: step.changes } : {}) };
    const actor = { via: "settings", id: "configuration", name: origin.name } as const;
    store.appendAudit({ atMs: clock.nowMs(), actor, address: "", action: `${step.object}.${DONE[step.kind]}`, target: { kind: step.object, id, name: step.name }, to }).catch((thrown: unknown) => log.error(thrown, "a change could not be written to the audit log"));
  }
}
const DONE = { create: "created", update: "replaced", pause: "paused", delete: "deleted" } as const;
