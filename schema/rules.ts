/** What is right in each field alone and wrong together, in time, or in the eyes of somebody who knows the set-up. */
import type { Api, Cloud, SourceConfig } from "../service/ports.js";
import { refusalOf } from "./clouds.js";
import { parseDurationMs } from "./duration.js";
import { fieldsOf } from "./fields.js";
import { schemaOf, type SchemaNode } from "./load.js";
import { MASK } from "./secrets.js";
import { expectationOf, shown } from "./sentences.js";

/** A finding about one field of config; the pointer and the field's name are put in front of `says`. */
export interface Finding {
  readonly key: string;
  readonly says: string;
}
export interface Findings {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

const DAY_MS = 86_400_000;
/**
 * How far back each API answers, days. Graph: 90 (list-messagetraces page of Graph v1.0). Reporting: its page says 30, Get-MessageTrace
 * stops at 10, and clients report errors beyond: 10 is what can be relied on.
 */
export const HISTORY_DAYS: Readonly<Record<Api, number>> = { graph: 90, reporting: 10 };

/** Stand-ins and masks in fields: they replace what the schema says of the same field. */
export function standIns(schema: string, config: Readonly<Record<string, unknown>>): readonly Finding[] {
  return [...fieldsOf(schemaOf(schema))].flatMap(([key, node]) => {
    const value = Object.hasOwn(config, key) ? config[key] : undefined;
    const says = typeof value === "string" ? standInFault(node, value) : undefined;
    return says === undefined ? [] : [{ key, says }];
  });
}

function standInFault(node: SchemaNode, value: string): string | undefined {
  if (node["x-secret"] === true && value === MASK) return `is the mask that answers show in place of a secret, and no secret is stored here yet: give the secret itself, or a reference such as {"secretRef":"env:NAME"}.`;
  if (node["x-stand-ins"]?.includes(value) !== true) return undefined;
  const given = node["x-secret"] === true ? "is the stand-in of the documentation's example" : `is ${shown(value)}, the stand-in of the documentation's example`;
  return `${given}, still to be replaced: it must be ${expectationOf(node)}.`;
}

/** Judges fields that are valid alone. `started` says that the source exists: its start may have slipped out of history since. */
export function judge(normal: SourceConfig, keys: { readonly [name: string]: string }, nowMs: number, started: boolean): Findings {
  const problems: Finding[] = [];
  const warnings: Finding[] = [];
  const refusal = refusalOf(normal.cloud, normal.api);
  if (refusal !== undefined) problems.push({ key: "cloud", says: `is ${shown(normal.cloud)} with api ${shown(normal.api)}, but ${refusal}: it must be "global".` });
  const future = futureFault(normal, nowMs);
  if (future !== undefined) problems.push({ key: "start", says: future });
  const past = historyFault(normal, nowMs);
  if (past !== undefined) (started ? warnings : problems).push({ key: "start", says: past });
  const code = codeFault(normal.authorizationCode);
  if (code !== undefined) problems.push({ key: keys["authorizationCode"] ?? "authorization_code", says: code });
  if (normal.pollingIntervalMs < 60_000) warnings.push({ key: keys["pollingInterval"] ?? "polling_interval", says: `is below 60 seconds: Microsoft allows a tenant 100 requests in 5 minutes, all readers together.` });
  warnings.push(...advice(normal, keys));
  return { problems, warnings };
}

function futureFault({ start }: SourceConfig, nowMs: number): string | undefined {
  if (!("atMs" in start) || start.atMs <= nowMs) return undefined;
  return `is ${new Date(start.atMs).toISOString()}, which is in the future: it must be an instant that has passed.`;
}

function historyFault({ start, api }: SourceConfig, nowMs: number): string | undefined {
  const days = HISTORY_DAYS[api];
  const backMs = "atMs" in start ? nowMs - start.atMs : start.backMs;
  return backMs > days * DAY_MS ? `is ${Math.ceil(backMs / DAY_MS)} days back, but ${api} answers for ${days} days: it must be at most ${days} days back.` : undefined;
}

/** The address bar of the consent page holds more than the code, and people paste it all. The text is a secret: it is not repeated. */
function codeFault(code: SourceConfig["authorizationCode"]): string | undefined {
  if (typeof code !== "string") return undefined;
  if (/^https?:\/\//i.test(code)) return `is the whole address of the page: it must be the value of its parameter "code" alone.`;
  if (/[?&]?(session_state|code|state)=/i.test(code)) return `holds more than the code: it must be the value of the parameter "code" alone, without "code=" and without "&session_state=" and what follows.`;
  return undefined;
}

function advice(normal: SourceConfig, keys: { readonly [name: string]: string }): readonly Finding[] {
  const found: Finding[] = [];
  const secretKey = keys["clientSecret"] ?? "client_secret";
  if (typeof normal.clientSecret === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(normal.clientSecret)) {
    found.push({ key: secretKey, says: `looks like the Secret ID of the app registration: what is needed is the secret's Value.` });
  }
  if (normal.api === "reporting") {
    found.push({ key: "api", says: `is "reporting": Microsoft has been retiring this service since April 2026, "graph" takes its place.` });
    if (normal.authorizationCode === undefined) found.push({ key: "authorization_code", says: `is not given: the app then needs the application permission ReportingWebService.Read.All and the role Global Reader.` });
  }
  const reachMs = normal.timeOffsetMs + normal.settleHorizonMs;
  const days = HISTORY_DAYS[normal.api];
  if (reachMs > days * DAY_MS) found.push({ key: "settle_horizon", says: `and time_offset together reach further back than the ${days} days for which ${normal.api} answers: rows beyond are not read again.` });
  return found;
}

/** The instant or duration that `start` means; whole seconds, as windows are. */
export function parseStart(start: string): SourceConfig["start"] {
  const backMs = parseDurationMs(start);
  return backMs === undefined ? { atMs: Math.floor(Date.parse(start) / 1000) * 1000 } : { backMs };
}

/** Api and cloud as the schema's words, once it has accepted them. */
export function apiOf(value: unknown, otherwise: Api): Api {
  return value === "graph" || value === "reporting" ? value : otherwise;
}
/** See apiOf. */
export function cloudOf(value: unknown): Cloud {
  return value === "gcc-high" || value === "dod" || value === "china" ? value : "global";
}
