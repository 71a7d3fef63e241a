/** One source on the page. */
import type { Stretch } from "../../collect/operations.js";
import { FAULTS, type FaultCode } from "../../core/fault.js";
import { lengthMs } from "../../core/model.js";
import { count, counted, duration, instant, until } from "./format.js";
import { html, type Html } from "./html.js";
import { strip, STRETCH_WORDS } from "./strip.js";
import type { SourceView } from "./view.js";

const HOLES_SHOWN = 10;

export function sourceCard(view: SourceView, nowMs: number): Html {
  const { source, word, tone } = view;
  const { record, config } = source;
  return html`<article class="card" id="source-${record.id}">
<header><h2><bdi>${config.name}</bdi></h2><span class="state ${tone}"><i></i>${word}</span></header>
<p class="sub">${record.schemaRef.type} · ${config.api === "graph" ? "Microsoft Graph" : "Reporting Web Service"} · ${record.id}</p>
${trouble(view, nowMs)}${strip(view.strip, config.name)}
<dl>${facts(view, nowMs)}</dl>
${backfills(view, nowMs)}${holes(view, nowMs)}</article>
`;
}

function facts(view: SourceView, nowMs: number): Html[] {
  const { status, source } = view;
  const { totals, debt } = status;
  const idle = view.tone === "idle";
  const next = idle ? html`–` : status.nextMs > 0 ? html`${until(status.nextMs, nowMs)}` : html`reading`;
  return [
    fact("Lag", html`<b>${duration(status.lagMs)}</b>`, "now, less the time offset, less the cursor"),
    fact("Delivered", html`<b>${count(totals.rowsDelivered)}</b>`, "rows since the source was made"),
    fact("of them late", html`${count(totals.rowsLate)}`, "rows that Microsoft showed after their time was read"),
    fact("of them changed", html`${count(totals.rowsChanged)}`, "rows delivered again because their status changed"),
    fact("Next poll", next, "when the worker looks for work again"),
    fact("Cursor", instant(status.cursorMs, nowMs), "everything before it was read and delivered, but for recorded gaps"),
    fact("Frontier", instant(status.frontierMs, nowMs), "the newest time that was read"),
    fact("Settled until", instant(status.settledMs, nowMs), "nothing before it will be read again"),
    fact("To read again", debt.ms > 0 ? html`${counted(debt.rows, "row")}` : html`nothing`, `what settling owes at this moment: about ${counted(debt.requests, "request")}`),
    fact("Destinations", html`<bdi>${source.config.destinations.join(", ")}</bdi>`, totals.lastDeliveredMs > 0 ? `last delivery ${duration(nowMs - totals.lastDeliveredMs)} ago` : "nothing delivered yet"),
  ];
}

function fact(name: string, value: Html, title: string): Html {
  return html`<div title="${title}"><dt>${name}</dt><dd>${value}</dd></div>`;
}

/** The last fault, its remedy, and when it is tried again. */
function trouble({ trouble, tone, warning }: SourceView, nowMs: number): Html | undefined {
  const complaint = warning === undefined ? undefined : html`<div class="note warn"><p><b>A destination complained.</b> <bdi>${warning}</bdi></p></div>`;
  if (!trouble || tone === "idle") return complaint;
  const { next, title } = FAULTS[trouble.code];
  const detail = trouble.message.startsWith(`${title}: `) ? trouble.message.slice(title.length + 2) : "";
  const tries = html`<p class="quiet">Tried ${trouble.tries === 1 ? "once" : `${count(trouble.tries)} times`} since ${instant(trouble.sinceMs, nowMs)}; next try ${until(trouble.nextTryMs, nowMs)}. <code>${trouble.code}</code></p>`;
  return html`<div class="note ${tone}"><p><b>${title}.</b>${detail === "" ? undefined : html` <bdi>${detail}</bdi>`}</p><p><span class="quiet">What to do:</span> ${next}</p>${tries}</div>${complaint}`;
}

function backfills({ status }: SourceView, nowMs: number): Html | undefined {
  if (status.backfills.length === 0) return undefined;
  const rows = status.backfills.map((backfill) => {
    const wholeMs = Math.max(1, lengthMs(backfill));
    const share = 1 - Math.min(1, backfill.leftMs / wholeMs);
    return html`<tr><td>${instant(backfill.startMs, nowMs)} to ${instant(backfill.endMs, nowMs)}</td><td>${backfill.again ? "everything again" : "what is missing"}</td><td class="progress"><progress max="1" value="${share.toFixed(4)}"></progress><span>${Math.floor(share * 100)} %</span></td></tr>`;
  });
  return html`<h3>Backfills</h3><table>${rows}</table>`;
}

function holes({ holes }: SourceView, nowMs: number): Html | undefined {
  if (holes.length === 0) return undefined;
  const rows = holes.slice(0, HOLES_SHOWN).map((hole) => html`<tr><td><i class="${hole.state}"></i>${instant(hole.startMs, nowMs)} to ${instant(hole.endMs, nowMs)}</td><td>${duration(lengthMs(hole))}</td><td>${STRETCH_WORDS[hole.state]}: ${reasonOf(hole)}</td></tr>`);
  const more = holes.length > HOLES_SHOWN ? html`<p class="quiet">and ${count(holes.length - HOLES_SHOWN)} more: see its coverage in the API.</p>` : undefined;
  return html`<h3>Lost or stuck</h3><table>${rows}</table>${more}`;
}

function reasonOf({ reason = "" }: Stretch): string {
  if (reason === "history") return "older than the API's history";
  if (reason === "given-up") return "given up by an operator";
  return Object.hasOwn(FAULTS, reason) ? FAULTS[reason as FaultCode].title : reason;
}
