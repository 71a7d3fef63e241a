/** Finds the source in what was sent: bare or wrapped, with hints for the likely mistakes. */
import { toPointer } from "./fields.js";
import { allConfigKeys } from "./generation.js";
import { isRecord } from "./secrets.js";
import { shown, type Problem } from "./sentences.js";

export interface Unwrapped {
  /** Path of the source within the document. */
  readonly at: readonly string[];
  /** Undefined when the document holds none; then there is a problem. */
  readonly source: Record<string, unknown> | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** Adds what the whole document tells about a problem of the envelope. */
  readonly explain: (problem: Problem) => Problem;
}

const WRAPPER_KEY = "api.version";
/** Keys of config that answers also carry beside it. */
const ECHOED: ReadonlySet<string> = new Set(["name", "description", "category", "fields", "paused"]);

/** Takes the wrapper off a definition; the source itself is not judged here. */
export function unwrap(body: unknown): Unwrapped {
  if (!isRecord(body)) return nothing({ pointer: "", message: `The definition is ${shownBody(body)}, but must be an object with schemaRef, sourceType and config.` });
  if (!Object.hasOwn(body, "source")) return bare(body);
  const problems: Problem[] = [];
  const version = Object.hasOwn(body, WRAPPER_KEY) ? body[WRAPPER_KEY] : "v1";
  if (version !== "v1") problems.push({ pointer: toPointer([WRAPPER_KEY]), message: `/${WRAPPER_KEY} is ${shown(version)}, but must be "v1".` });
  const { source } = body;
  if (isRecord(source)) return { ...bare(source), at: ["source"], problems };
  problems.push({ pointer: "/source", message: `/source is ${shownBody(source)}, but must be an object with schemaRef, sourceType and config.` });
  return { ...nothing(...problems), at: ["source"] };
}

function bare(source: Record<string, unknown>): Unwrapped {
  if (Object.hasOwn(source, "sources") && !Object.hasOwn(source, "config")) {
    return nothing({ pointer: "/sources", message: `/sources is a list of sources, but a definition is one source: it must be an object with schemaRef, sourceType and config, or {"source": ...} around it.` });
  }
  const known = allConfigKeys();
  const astray = Object.keys(source).filter((key) => known.has(key) && !ECHOED.has(key));
  const lacksConfig = !Object.hasOwn(source, "config");
  const hint = ` The keys ${astray.slice(0, 3).join(", ")} stand where config should: put them into {"schemaRef": ..., "sourceType": "Universal", "config": {...}}.`;
  return {
    at: [],
    source,
    problems: [],
    warnings: lacksConfig ? [] : astray.map((key) => `/${key} is ignored beside config: it belongs into config.`),
    explain: (problem) => (lacksConfig && astray.length > 0 && problem.pointer.endsWith("/config") ? { ...problem, message: problem.message + hint } : problem),
  };
}

function nothing(...problems: readonly Problem[]): Unwrapped {
  return { at: [], source: undefined, problems, warnings: [], explain: (problem) => problem };
}

/** What came in place of an object; its text is not repeated: it may be anything. */
function shownBody(value: unknown): string {
  if (value === undefined) return "missing";
  return typeof value === "string" ? "a text" : shown(value);
}
