import { Fault } from "../../core/fault.js";
import type { Row } from "../../core/model.js";
import { parseInstantMs, plainDate } from "./instant.js";

/** Names of one thing in both APIs: Graph's first. */
const ID = ["id", "MessageTraceId"];
const RECIPIENT = ["recipientAddress", "RecipientAddress"];
const RECEIVED = ["receivedDateTime", "Received"];
const STATUS = ["status", "Status"];
const MESSAGE_ID = ["messageId", "MessageId"];
/** Fields whose verbose `/Date(ms)/` becomes ISO text; a subject may well read "/Date(1)/" and stays. */
const DATES: ReadonlySet<string> = new Set([...RECEIVED, "StartDate", "EndDate"]);
/**
 * Echoes of the query, other on every read of the same row. StartDate and EndDate are the query's window, whatever the
 * documentation says (elastic/integrations PR 12446); Index is the place in the result.
 */
const ECHOES: ReadonlySet<string> = new Set(["StartDate", "EndDate", "Index", "__metadata"]);

/** Printable ASCII without quote and backslash. */
const NEEDS_NO_ESCAPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

type Fields = Readonly<Record<string, unknown>>;

/** What rows with the same field names have in common: worked out once per page, not once per row. */
interface Shape {
  readonly names: readonly string[];
  /** Per name: its JSON with the colon. */
  readonly labels: readonly string[];
  readonly isDate: readonly boolean[];
  /** Places in `names`, in the order of the delivered text: received time first. */
  readonly inText: readonly number[];
  /** Places in `names` of what is content, sorted by name. */
  readonly inVersion: readonly number[];
  readonly received: string | undefined;
  readonly status: string | undefined;
}

/**
 * Rows of one answer, in its order. Nothing is dropped, whatever a row lacks.
 * Throws Fault bad-answer when an element is no JSON object.
 */
export function rowsOf(values: readonly unknown[]): Row[] {
  const shapes = new Map<string, Shape>();
  return values.map((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Fault("bad-answer", { detail: "a row of the answer is not a JSON object" });
    }
    const fields = value as Fields;
    const names = Object.keys(fields);
    const shapeKey = names.join("\n");
    let shape = shapes.get(shapeKey);
    if (!shape) {
      shape = shapeOf(names);
      shapes.set(shapeKey, shape);
    }
    return rowOf(fields, shape);
  });
}

function shapeOf(names: readonly string[]): Shape {
  const received = RECEIVED.find((name) => names.includes(name));
  const status = STATUS.find((name) => names.includes(name));
  const places = names.map((_, place) => place);
  const isContent = (place: number): boolean => {
    const name = names[place]!;
    return name !== status && !ECHOES.has(name) && !name.startsWith("@odata.") && !name.startsWith("odata.");
  };
  const byName = (a: number, b: number): number => (names[a]! < names[b]! ? -1 : 1);
  return {
    names,
    labels: names.map((name) => `${JSON.stringify(name)}:`),
    isDate: names.map((name) => DATES.has(name)),
    inText: places.toSorted((a, b) => Number(names[b] === received) - Number(names[a] === received)),
    inVersion: places.filter(isContent).toSorted(byName),
    received,
    status,
  };
}

function rowOf(fields: Fields, shape: Shape): Row {
  const { names, labels, isDate } = shape;
  const parts: string[] = [];
  for (let place = 0; place < names.length; place += 1) {
    const value = fields[names[place]!];
    parts.push(labels[place]! + encoded(isDate[place] ? plainDate(value) : value));
  }
  const version = shape.inVersion.map((place) => {
    const value = fields[names[place]!];
    return typeof value === "object" && value !== null ? labels[place]! + canonical(value) : parts[place]!;
  }).join(",");
  const status = shape.status === undefined ? undefined : fields[shape.status];
  return {
    key: keyOf(fields, version),
    version,
    timeMs: shape.received === undefined ? Number.NaN : parseInstantMs(fields[shape.received]),
    status: typeof status === "string" ? status.toLowerCase() : "",
    text: `{${shape.inText.map((place) => parts[place]!).join(",")}}`,
  };
}

/** JSON of a value: most texts need no escape, and looking is three times as fast as JSON.stringify. */
function encoded(value: unknown): string {
  return typeof value === "string" && NEEDS_NO_ESCAPE.test(value) ? `"${value}"` : JSON.stringify(value);
}

/**
 * Trace id and recipient. A row that lacks one gets a stand-in that stays the same while the row does: the Internet
 * message id for the trace id, the whole content for the recipient.
 */
function keyOf(fields: Fields, version: string): string {
  const messageId = textOf(fields, MESSAGE_ID);
  const id = textOf(fields, ID) ?? (messageId === undefined ? undefined : `message:${messageId}`);
  const recipient = textOf(fields, RECIPIENT);
  if (id === undefined || recipient === undefined) return `${id ?? ""}|?${version}`;
  return `${id}|${recipient.toLowerCase()}`;
}

function textOf(fields: Fields, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return undefined;
}

/** JSON with the names of every object sorted, so that the order the API chose does not count. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = value as Fields;
  return `{${Object.keys(fields).toSorted().map((name) => `${JSON.stringify(name)}:${canonical(fields[name])}`).join(",")}}`;
}
