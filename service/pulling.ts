/** Pull mode with its outside: where the files come from, and what is told of each attempt. */
import { join } from "node:path";
import type { ConfiguredPorts } from "./configured.js";
import type { ConfigOrigin } from "./core/config-origin.js";
import type { Configuration } from "./gitops/configuration.js";
import { createPull, type Pull, type PullTold } from "./gitops/pull.js";
import { isConfigPath } from "./gitops/repository.js";
import type { Settings } from "./settings.js";
import { folderOrigin } from "./system/config-folder.js";
import { gitOrigin } from "./system/git-origin.js";
import { configChanges, configSight } from "./web/config-audit.js";

export function createPulling(config: NonNullable<Settings["config"]>, dataDir: string, configuration: Configuration, ports: ConfiguredPorts): Pull {
  const { intervalMs, prune, graceMs, environment } = config;
  const origin = originOf(config, dataDir, ports);
  const settings = { intervalMs, prune, graceMs, ...(environment === undefined ? {} : { environment }) };
  return createPull(origin, settings, { clock: ports.clock, configuration: audited(configuration, origin, ports), tell: (told) => tell(told, origin, configuration, ports) });
}

function originOf({ from }: NonNullable<Settings["config"]>, dataDir: string, { environment, secrets }: ConfiguredPorts): ConfigOrigin {
  if (from.kind === "folder") return folderOrigin(from.path, isConfigPath);
  return gitOrigin({ ...from, folder: join(dataDir, "config-repo"), environment }, secrets, isConfigPath);
}

/** What the collector fetched itself stands in the audit log too. */
function audited(configuration: Configuration, origin: ConfigOrigin, { app, collectors, store, clock, log }: ConfiguredPorts): Configuration {
  const sight = () => configSight({ configuration, collectors, definitions: app.definitions });
  const actor = { via: "settings", id: "configuration", name: origin.name } as const;
  return {
    ...configuration,
    async apply(wish) {
      const before = sight();
      const planned = await configuration.apply(wish);
      for (const change of configChanges(planned, wish.revision, before, sight())) {
        await store.appendAudit({ atMs: clock.nowMs(), actor, address: "", ...change }).catch((thrown: unknown) => log.error(thrown, "a change could not be written to the audit log"));
      }
      return planned;
    },
  };
}

function tell(told: PullTold, origin: ConfigOrigin, configuration: Configuration, { log }: ConfiguredPorts): void {
  if (told.kind === "failed") {
    const { revision, message, problems } = told.error;
    log.error({ event: "config-failed", origin: origin.name, revision, problems: problems.slice(0, 20), kept: configuration.kept().revision }, `the configuration could not be taken up: ${message}`);
    return;
  }
  const { revision, planned } = told;
  log.info({ event: "config-applied", origin: origin.name, revision, steps: planned.steps.length, unchanged: planned.unchanged, ...(planned.notes.length > 0 ? { notes: planned.notes } : {}) }, "the configuration was taken up");
}
