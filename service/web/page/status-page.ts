/** The status page: what every source is doing, worst first. Server-rendered, no script. */
import { configNote } from "./config-note.js";
import { count, counted } from "./format.js";
import { html, type Html } from "./html.js";
import { sourceCard } from "./source-card.js";
import { legend } from "./strip.js";
import type { View } from "./view.js";
import { iso } from "../source-form.js";

/** The whole document. */
export function statusPage(view: View): string {
  const { sources, nowMs, version } = view;
  const { line, calls } = summary(view);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${calls > 0 ? `(${calls}) ` : ""}Message trace collector</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<header class="top"><h1>Message trace collector</h1><p>${line}</p></header>
${configNote(view.config)}<main>${sources.length === 0 ? welcome(view) : html`${legend()}${sources.map((source) => sourceCard(source, nowMs))}`}</main>
<footer><span>${iso(nowMs).slice(0, 19).replace("T", " ")} UTC, as are all times here</span><span>version ${version}</span></footer>
</body>
</html>
`.text;
}

/** One line that answers: do I have to do something? */
function summary({ sources }: View): { readonly line: Html; readonly calls: number } {
  const of = (tone: string) => sources.filter((source) => source.tone === tone).length;
  const calls = of("bad");
  if (sources.length === 0) return { line: html`Running, without a source yet.`, calls };
  if (calls > 0) return { line: html`<b class="bad">${counted(calls, "source")} of ${count(sources.length)} ${calls === 1 ? "needs" : "need"} attention.</b>`, calls };
  const parts = [
    [of("good"), "collecting"],
    [of("warn"), "recovering by itself"],
    [of("busy"), "starting"],
    [of("idle"), "paused or stopping"],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, words]) => `${count(number)} ${words}`);
  return { line: html`${counted(sources.length, "source")}: ${told.join(", ")}.`, calls };
}

/** The first thing to do, ready to copy. */
function welcome({ host }: View): Html {
  const config = '{"clientID": "CLIENT_ID", "tenantID": "TENANT_ID", "clientSecret": "CLIENT_SECRET"}';
  return html`<article class="card welcome"><h2>Post a first definition</h2>
<p>The collector reads message traces of a tenant as soon as it has a source. Put in your access id and key, and the ids and the secret of the app registration in Microsoft Entra:</p>
<pre><code>curl -u ACCESS_ID:ACCESS_KEY http://${host}/api/v1/sources \\
  -H 'Content-Type: application/json' \\
  -d '{"schemaRef": {"type": "MS Exchange Trace Logs"}, "sourceType": "Universal",
       "config": ${config}}'</code></pre>
<p class="quiet">This page shows the source then, and goes on by itself.</p></article>`;
}
