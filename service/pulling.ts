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

export function createPulling(config: NonNullable<Settings["config"]>, dataDir: string, configuration: Configuration, ports: ConfiguredPorts): Pull {
  const { intervalMs, prune, graceMs, environment } = config;
  const origin = originOf(config, dataDir, ports);
  const settings = { intervalMs, prune, graceMs, ...(environment === undefined ? {} : { environment }) };
  return createPull(origin, settings, { clock: ports.clock, configuration, tell: (told) => tell(told, origin, configuration, ports) });
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
