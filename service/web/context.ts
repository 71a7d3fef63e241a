/** What routes work with: the app, what createWeb was given, and how a call names its source. */
import type { App } from "../app.js";
import type { Collectors } from "../collect/collectors.js";
import type { Recent } from "../collect/recent.js";
import type { KnownSource } from "../collect/wiring.js";
import type { Administration, CollectorRecord } from "../core/administration.js";
import type { Clock, Random, Store } from "../ports.js";
import type { Metrics } from "../system/metrics.js";
import type { AccessKeys } from "./access-keys.js";
import type { ConfigSide } from "./config-form.js";
import type { EntraTokens } from "./entra-tokens.js";
import type { RateLimits } from "./rate-limit.js";
import type { Departed } from "./departed.js";
import { notFound, Refusal } from "./refusal.js";
import type { Call } from "./route.js";

export interface WebOptions {
  readonly accessKeys: AccessKeys;
  /** The second way in; absent while it is not configured. */
  readonly entraTokens?: EntraTokens;
  readonly limits: RateLimits;
  readonly collectors: Collectors;
  /** Lines delivered a moment ago, for those who look on. */
  readonly recent: Recent;
  /** Configuration from files; absent in a collector that has none. */
  readonly config?: ConfigSide;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** For the ids of errors. */
  readonly random: Random;
  readonly store: Pick<Store, "events" | "fingerprintSalt"> & Pick<Administration, "keys" | "saveKey" | "deleteKey" | "audit" | "appendAudit">;
  readonly readiness: () => Promise<Readiness>;
  /** Sources under /sources belong to it. */
  readonly defaultCollectorId: number;
  readonly version: string;
  /** Called once per answered request; must not throw. */
  readonly logRequest: (entry: RequestEntry) => void;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why it is not; shown to anybody who asks, so without anything confidential. */
  readonly reasons: readonly string[];
}

export interface RequestEntry {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly tookMs: number;
  readonly address: string;
  readonly accessId?: string;
  /** Id of the error answer, for finding what a user quotes. */
  readonly errorId?: string;
  /** What was thrown, on answers of 500 and above. */
  readonly thrown?: unknown;
}

/** Everything a route may use. */
export interface Context extends WebOptions {
  readonly app: App;
  readonly departed: Departed;
  /** A failure behind an answer that was already given. */
  readonly logBehind: (what: string, thrown: unknown) => void;
}

/** The collector that a call is about: the default one where the path names none. Throws Refusal 404. */
export function collectorOf(call: Call, context: Context): CollectorRecord {
  const given = call.params["collectorId"];
  const collector = context.collectors.get(given === undefined ? context.defaultCollectorId : idOf(given));
  if (!collector) throw collectorNotFound();
  return collector;
}

/** 404 in the vendor's words (sumo-contract 2.3). */
export function collectorNotFound(message = "The specified collector ID is invalid."): Refusal {
  return new Refusal(404, "collectors.collector.invalid", message);
}

/** The source that a call is about, also one that is stopping. Throws Refusal 404. */
export function sourceOf(call: Call, context: Context): KnownSource {
  const { id: collectorId } = collectorOf(call, context);
  const source = context.app.definitions.get(sourceIdOf(call));
  if (!source || source.record.collectorId !== collectorId) throw notFound();
  return source;
}

/** The source that a call wants to change: one that is stopping is not there any more. Throws Refusal 404. */
export function livingSourceOf(call: Call, context: Context): KnownSource {
  const source = sourceOf(call, context);
  if (source.record.stopping) throw notFound("The source is being deleted.");
  return source;
}

/** NaN when the path holds no id: then nothing is found. */
export function sourceIdOf(call: Call): number {
  return idOf(call.params["id"] ?? "");
}

/** NaN when the text is no id. */
export function idOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
