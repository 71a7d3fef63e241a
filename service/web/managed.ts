/** Sources and collectors that come from a repository are changed there, and not by the API. */
import type { KnownSource } from "../collect/wiring.js";
import type { Mark } from "../gitops/kept.js";
import type { Context } from "./context.js";
import { Refusal } from "./refusal.js";

interface Managed {
  readonly managed?: { readonly by: string; readonly file: string; readonly revision: string };
}

/** For answers: file and revision that a source comes from; nothing for what was posted. */
export function markOf({ config }: Pick<Context, "config">, { record }: KnownSource): Managed {
  return managed(config?.configuration.kept().sources[record.id]);
}

/** The same of a collector. */
export function collectorMarkOf({ config }: Pick<Context, "config">, id: number): Managed {
  return managed(config?.configuration.kept().collectors[id]);
}

function managed(mark: Mark | undefined): Managed {
  return mark ? { managed: { by: mark.by, file: mark.file, revision: mark.revision } } : {};
}

/** Throws Refusal 409 that names file and revision. What somebody applied may be changed: the next apply shows the difference. */
export function refuseManaged({ config }: Pick<Context, "config">, { record }: KnownSource): void {
  refuse(config, config?.configuration.kept().sources[record.id], "This source", "Restart, backfill, rewind and give-up work here.");
}

/** The same of a collector. */
export function refuseManagedCollector({ config }: Pick<Context, "config">, id: number): void {
  refuse(config, config?.configuration.kept().collectors[id], "This collector", "Sources can be posted into it.");
}

function refuse(config: Context["config"], mark: Mark | undefined, what: string, open: string): void {
  if (!config?.pull || mark?.by !== "pull") return;
  throw new Refusal(409, "config.managed", `${what} comes from ${mark.file} in revision ${mark.revision} of ${config.pull.origin.name}: change it there. ${open}`);
}
