/** Validates a hosted collector as a client gives it: all faults at once, each a sentence; or what it says. */
import { isRecord } from "./secrets.js";
import { problemsOf, type Problem } from "./sentences.js";

/** What a client may say of a collector; empty texts are absent. */
export interface CollectorBody {
  readonly id?: number;
  readonly name: string;
  readonly description?: string;
  readonly category?: string;
  readonly timeZone: string;
  readonly fields: Readonly<Record<string, string>>;
}

export type CollectorVerdict = { readonly ok: true; readonly collector: CollectorBody } | { readonly ok: false; readonly problems: readonly Problem[] };

const DEFAULT_TIME_ZONE = "Etc/UTC";
/** Keys that answers of this API or the vendor's carry and that nobody can change: a client sends them back. */
const ECHOED: ReadonlySet<string> = new Set([
  "links", "alive", "lastSeenAlive", "collectorVersion", "ephemeral", "hostName", "sourceSyncMode", "targetCpu", "cutoffTimestamp", "cutoffRelativeTime", "osName", "osVersion", "osArch", "osTime",
]);
/** Keys for which null means the same as absence. */
const CLEARED_BY_NULL: ReadonlySet<string> = new Set(["description", "category", "timeZone", "fields"]);

/** Judges a body: bare or in `{"collector": ...}`. Never throws, whatever JSON it is given. */
export function validateCollector(body: unknown): CollectorVerdict {
  const wrapped = isRecord(body) && Object.hasOwn(body, "collector");
  const given = wrapped ? body["collector"] : body;
  const at = wrapped ? ["collector"] : [];
  if (!isRecord(given)) return { ok: false, problems: [{ pointer: wrapped ? "/collector" : "", message: 'The body must be an object such as {"collector":{"collectorType":"Hosted","name":"my-collector"}}.' }] };
  const own = Object.fromEntries(Object.entries(given).filter(([key, value]) => !ECHOED.has(key) && !(value === null && CLEARED_BY_NULL.has(key)) && !(key === "timeZone" && value === "")));
  const problems = problemsOf("collector.schema.json", own, { at, subject: "The collector" });
  const timeZone = own["timeZone"] ?? DEFAULT_TIME_ZONE;
  const pointer = `${wrapped ? "/collector" : ""}/timeZone`;
  if (!problems.some((problem) => problem.pointer === pointer) && !isTimeZone(String(timeZone))) {
    problems.push({ pointer, message: `${pointer} is not a time zone: it must be a name such as "Etc/UTC" or "Europe/Berlin".` });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, collector: collectorOf(own, String(timeZone)) };
}

function collectorOf(own: Readonly<Record<string, unknown>>, timeZone: string): CollectorBody {
  const text = (key: "description" | "category") => (typeof own[key] === "string" && own[key] !== "" ? { [key]: own[key] } : {});
  return {
    ...(typeof own["id"] === "number" ? { id: own["id"] } : {}),
    name: String(own["name"]),
    ...text("description"),
    ...text("category"),
    timeZone,
    fields: (own["fields"] ?? {}) as Record<string, string>,
  };
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
