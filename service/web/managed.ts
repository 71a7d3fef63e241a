/** Sources that come from a repository are changed there, and not by the API. */
import type { KnownSource } from "../collect/wiring.js";
import type { Context } from "./context.js";
import { Refusal } from "./refusal.js";

/** For answers: file and revision that a source comes from; nothing for what was posted. */
export function markOf({ config }: Pick<Context, "config">, { record }: KnownSource): { readonly managed?: { readonly by: string; readonly file: string; readonly revision: string } } {
  const mark = config?.configuration.kept().sources[record.id];
  return mark ? { managed: { by: mark.by, file: mark.file, revision: mark.revision } } : {};
}

/** Throws Refusal 409 that names file and revision. What somebody applied may be changed: the next apply shows the difference. */
export function refuseManaged({ config }: Pick<Context, "config">, { record }: KnownSource): void {
  const mark = config?.configuration.kept().sources[record.id];
  if (!config?.pull || mark?.by !== "pull") return;
  throw new Refusal(409, "config.managed", `This source comes from ${mark.file} in revision ${mark.revision} of ${config.pull.origin.name}: change it there. Restart, backfill, rewind and give-up work here.`);
}
