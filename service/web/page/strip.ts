/** The coverage strip: one bar of time, coloured by what is known of each minute. */
import type { Stretch } from "../../collect/operations.js";
import { lengthMs, type Window } from "../../core/model.js";
import { clockTime, duration, shortInstant } from "./format.js";
import { html, type Html } from "./html.js";

export const STRETCH_WORDS: Readonly<Record<Stretch["state"], string>> = {
  settled: "Settled",
  read: "Read, will be read again",
  unread: "Not read yet",
  stuck: "Stuck, tried again",
  gap: "Lost",
};

const WIDTH = 1000;
/** A loss of a second in a day must still be seen. */
const LOSS_WIDTH_MIN = 4;
const TICKS = 4;

/** Bar, axis and a text for who cannot see it. `label` names the source. */
export function strip({ window, stretches }: { readonly window: Window; readonly stretches: readonly Stretch[] }, label: string): Html {
  // What matters most is drawn last, on top.
  const order = Object.keys(STRETCH_WORDS);
  const drawn = joined(stretches).toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return html`<figure class="strip">
<svg viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none" role="img" aria-label="Coverage of ${label}: ${spoken(stretches, window)}"><rect class="blank" width="${WIDTH}" height="10"/>${drawn.map((stretch) => bar(stretch, window))}</svg>
<figcaption>${ticks(window)}</figcaption>
</figure>`;
}

/** What the colours mean. */
export function legend(): Html {
  return html`<ul class="legend" aria-label="Colours of coverage">${Object.entries(STRETCH_WORDS).map(([state, word]) => html`<li><i class="${state}"></i>${word}</li>`)}</ul>`;
}

function bar(stretch: Stretch, window: Window): Html {
  const scale = WIDTH / lengthMs(window);
  const isLoss = stretch.state === "gap" || stretch.state === "stuck";
  const width = Math.max(lengthMs(stretch) * scale, isLoss ? LOSS_WIDTH_MIN : 0);
  const x = Math.min((stretch.startMs - window.startMs) * scale, WIDTH - width);
  return html`<rect class="${stretch.state}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="10"><title>${STRETCH_WORDS[stretch.state]}: ${shortInstant(stretch.startMs, window.endMs)} to ${shortInstant(stretch.endMs, window.endMs)} (${duration(lengthMs(stretch))})</title></rect>`;
}

/** Neighbours of one colour become one bar: no hairlines between them, and a small page. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const bars: Stretch[] = [];
  for (const stretch of stretches) {
    const last = bars.at(-1);
    if (last && last.state === stretch.state && last.endMs === stretch.startMs) bars[bars.length - 1] = { ...last, endMs: stretch.endMs };
    else bars.push(stretch);
  }
  return bars;
}

function ticks(window: Window): Html[] {
  return Array.from({ length: TICKS + 1 }, (_, at) => {
    const ms = window.startMs + (lengthMs(window) * at) / TICKS;
    if (at === TICKS) return html`<span>now</span>`;
    const text = at === 0 || lengthMs(window) > 2 * 86_400_000 ? shortInstant(ms, window.endMs) : clockTime(ms);
    return html`<span>${at === 0 ? text.replace(/:\d\d$/, (seconds) => (text.length === 8 ? "" : seconds)) : text}</span>`;
  });
}

function spoken(stretches: readonly Stretch[], window: Window): string {
  const parts = Object.entries(STRETCH_WORDS).flatMap(([state, word]) => {
    const ms = stretches.reduce((sum, stretch) => sum + (stretch.state === state ? lengthMs(stretch) : 0), 0);
    return ms > 0 ? [`${word.toLowerCase()} ${duration(ms)}`] : [];
  });
  return `${parts.join(", ") || "nothing yet"} of the last ${duration(lengthMs(window))}`;
}
