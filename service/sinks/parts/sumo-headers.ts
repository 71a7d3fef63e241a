import { Fault } from "../../core/fault.js";
import type { Batch } from "../../ports.js";

/** What a destination says in place of, or beside, what its sources say. */
export interface SumoOverrides {
  readonly host?: string;
  readonly category?: string;
  readonly fields?: Readonly<Record<string, string | boolean>>;
}

/** Per request and per field, sumo-contract 5.1. */
const FIELDS_MAX = 30;
const FIELD_KEY_MAX = 255;
const FIELD_VALUE_MAX = 200;

/**
 * X-Sumo-* headers: name from the source; category and fields from the source unless the destination gives its own; host from the destination.
 *
 * Throws Fault destination-refused that names what cannot be sent: control characters would break the request apart, and
 * Sumo documents no escape for a comma in a field. Refusing loses nothing, sending it changed would.
 */
export function sumoHeaders(origin: Batch["origin"], overrides: SumoOverrides): Record<string, string> {
  const category = overrides.category ?? origin.category;
  const fields = fieldList({ ...origin.fields, ...overrides.fields });
  return {
    "x-sumo-name": headerValue("name", origin.name),
    ...(category ? { "x-sumo-category": headerValue("category", category) } : {}),
    ...(overrides.host ? { "x-sumo-host": headerValue("host", overrides.host) } : {}),
    ...(fields === "" ? {} : { "x-sumo-fields": headerValue("fields", fields) }),
  };
}

/** `key=value,key=value`. Of the booleans only a true `_siemForward` is sent: it is documented as a field with the value true. */
function fieldList(fields: Readonly<Record<string, string | boolean>>): string {
  const pairs = Object.entries(fields).flatMap(([key, value]): [string, string][] => {
    if (typeof value === "string") return [[key, value]];
    return key === "_siemForward" && value ? [[key, "true"]] : [];
  });
  if (pairs.length > FIELDS_MAX) throw refused(`${pairs.length} fields, Sumo takes ${FIELDS_MAX} in a request`);
  for (const [key, value] of pairs) {
    if (key === "" || key.length > FIELD_KEY_MAX || /[,=]/.test(key)) throw refused(`the field name "${shown(key)}" is empty, too long or holds "," or "="`);
    if (value.length > FIELD_VALUE_MAX || value.includes(",")) throw refused(`the value of field "${shown(key)}" is longer than ${FIELD_VALUE_MAX} characters or holds ","`);
  }
  return pairs.map(([key, value]) => `${key}=${value}`).join(",");
}

/**
 * A header value whose bytes on the wire are UTF-8, as Sumo's own senders (Go, Ruby) write them. Node writes header text as
 * ISO 8859-1, one byte a character: so each UTF-8 byte becomes one character.
 */
function headerValue(what: string, text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) throw refused(`the ${what} holds a control character`);
  return Buffer.from(text, "utf8").toString("latin1");
}

function shown(key: string): string {
  return key.slice(0, 60);
}

function refused(detail: string): Fault {
  return new Fault("destination-refused", { detail: `not sent: ${detail}` });
}
