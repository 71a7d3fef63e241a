/** What the page shows of each source: gathered once, decided here, drawn elsewhere. */
import type { SourceStatus, Stretch } from "../../collect/operations.js";
import type { SourceState } from "../../collect/supervisor.js";
import type { KnownSource } from "../../collect/wiring.js";
import type { Coverage } from "../../core/coverage.js";
import type { Trouble } from "../../core/health.js";
import type { Window } from "../../core/model.js";
import type { ConfigSide } from "../config-form.js";
import type { Context } from "../context.js";

export type Tone = "good" | "busy" | "warn" | "bad" | "idle";

export interface SourceView {
  readonly source: KnownSource;
  readonly status: SourceStatus;
  /** One word for the state, and how to take it. */
  readonly word: string;
  readonly tone: Tone;
  readonly trouble?: Trouble;
  /** A destination took rows and complained. */
  readonly warning?: string;
  readonly strip: { readonly window: Window; readonly stretches: readonly Stretch[] };
  /** Gaps and stuck stretches of all time, newest first. */
  readonly holes: readonly Stretch[];
}

export interface View {
  readonly nowMs: number;
  readonly version: string;
  /** As the browser reached us, for the curl line. */
  readonly host: string;
  /** Those that need somebody first. */
  readonly sources: readonly SourceView[];
  /** Where the configuration comes from. */
  readonly config?: ConfigSide;
}

const DAY_MS = 86_400_000;
const STRIP_MS_MIN = 3_600_000;
const YOUNG_MS_MIN = 300_000;
const URGENCY: readonly Tone[] = ["bad", "warn", "busy", "good", "idle"];

/** Throws Fault store-*. */
export async function collectView(context: Context, hostHeader: string): Promise<View> {
  const { app, clock, version } = context;
  const sources = await Promise.all(app.definitions.list().map((source) => viewOf(source, context)));
  sources.sort((a, b) => URGENCY.indexOf(a.tone) - URGENCY.indexOf(b.tone) || a.source.config.name.localeCompare(b.source.config.name));
  const host = /^[\w.:[\]-]{1,255}$/.test(hostHeader) ? hostHeader : "localhost:8080";
  return { nowMs: clock.nowMs(), version, host, sources, ...(context.config ? { config: context.config } : {}) };
}

async function viewOf(source: KnownSource, { app, clock }: Context): Promise<SourceView> {
  const nowMs = clock.nowMs();
  const state = await app.supervisor.state(source);
  const status = await app.operations.status(source);
  const window = stripWindow(source, state.coverage, nowMs);
  const all = await app.operations.coverage(source);
  const { trouble, warning } = state.health;
  return {
    source,
    status,
    ...verdict(status),
    ...(trouble ? { trouble } : {}),
    ...(warning ? { warning: warning.text } : {}),
    strip: { window, stretches: due(await app.operations.coverage(source, window), state, nowMs - source.config.timeOffsetMs) },
    holes: all.filter((stretch) => stretch.state === "gap" || stretch.state === "stuck").toReversed(),
  };
}

/** Back to where everything should be settled (a day where nothing is settled), but not far beyond where a young source began. */
function stripWindow({ config }: KnownSource, { originMs, spans }: Coverage, nowMs: number): Window {
  const backMs = config.settleHorizonMs > 0 ? config.timeOffsetMs + config.settleHorizonMs : DAY_MS;
  const beganMs = Math.min(originMs, spans[0]?.startMs ?? originMs, nowMs - YOUNG_MS_MIN);
  return { startMs: Math.max(nowMs - Math.max(STRIP_MS_MIN, backMs), beganMs), endMs: nowMs };
}

/** Without the unread time before the source began and after what is due: nobody owes it. */
function due(stretches: readonly Stretch[], { coverage }: SourceState, headMs: number): Stretch[] {
  return stretches.flatMap((stretch) => {
    if (stretch.state !== "unread") return [stretch];
    const startMs = Math.max(stretch.startMs, coverage.originMs);
    const endMs = Math.min(stretch.endMs, headMs);
    return startMs < endMs ? [{ ...stretch, startMs, endMs }] : [];
  });
}

function verdict({ health, paused }: SourceStatus): { readonly word: string; readonly tone: Tone } {
  if (health.state === "Stopping") return { word: "Stopping", tone: "idle" };
  if (paused) return { word: "Paused", tone: "idle" };
  if (health.state === "Error") return { word: "Error", tone: "bad" };
  if (health.recovering) return { word: "Recovering", tone: "warn" };
  return { word: health.state, tone: health.state === "Collecting" ? "good" : "busy" };
}
