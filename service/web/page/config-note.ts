/** Where the configuration comes from, on the status page: nothing while nothing is fetched. */
import type { ConfigSide } from "../config-form.js";
import { html, type Html } from "./html.js";
import { iso } from "../source-form.js";

const PROBLEMS_SHOWN = 5;

/** One line when all is well, a note when the newest revision cannot be taken up. */
export function configNote(side: ConfigSide | undefined): Html | undefined {
  const pull = side?.pull;
  if (!side || !pull) return undefined;
  const { revision, appliedMs } = side.configuration.kept();
  const { error } = pull.state();
  const running = revision === undefined || appliedMs === undefined ? html`No revision was taken up yet.` : html`Revision <code>${short(revision)}</code>, taken up ${instant(appliedMs)}.`;
  if (!error) return html`<p class="quiet config">Configuration from ${pull.origin.name}. ${running}</p>`;
  const shown = error.problems.slice(0, PROBLEMS_SHOWN).map(({ file, line, message }) => html`<p>${file}${line === undefined ? "" : `:${line}`}: ${message}</p>`);
  const more = error.problems.length - shown.length;
  return html`<section class="note bad config"><p><b>The configuration from ${pull.origin.name} could not be taken up</b> (${instant(error.atMs)}${error.revision === undefined ? "" : html`, revision <code>${short(error.revision)}</code>`}): ${error.message}.</p>
${shown}${more > 0 ? html`<p>${more} more: GET /api/v1/config</p>` : undefined}<p>${running} It goes on running.</p></section>`;
}

/** As much of a commit as people read. */
function short(revision: string): string {
  return /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 12) : revision;
}

function instant(ms: number): string {
  return `${iso(ms).slice(0, 16).replace("T", " ")} UTC`;
}
