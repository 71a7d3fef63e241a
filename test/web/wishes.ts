/** What clients ask for, as arbitraries: definitions, collectors and access keys that are in order, and the same with one thing spoilt. */
import * as fc from "fast-check";

export type Json = Record<string, unknown>;

const guid = fc.uuid();
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ._-]{0,19}$/);
const text = fc.string({ unit: "grapheme", maxLength: 60 }).map((one) => one.replace(/[\p{C}]/gu, ""));
const secret = fc.oneof(fc.stringMatching(/^[A-Za-z0-9~._-]{12,40}$/), fc.record({ secretRef: fc.constantFrom("env:EXCHANGE_SECRET", "file:/run/secrets/exchange", "keyvault:exchange") }));
const fields = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/), fc.stringMatching(/^[A-Za-z0-9 ]{0,20}$/), { maxKeys: 9, noNullPrototype: true });
/** Keys of both generations; destinations are those that the bench has. */
const common = {
  description: text, category: word, fields: fc.tuple(fields, fc.boolean()).map(([rest, forward]): Json => ({ ...rest, _siemForward: forward })),
  destinations: fc.constantFrom(["default"], ["archive"], ["default", "archive"]), paused: fc.boolean(), settle_horizon: fc.integer({ min: 0, max: 864_000 }), status_changes: fc.constantFrom("every", "final", "off"),
  annotate: fc.boolean(), catch_up: fc.constantFrom("oldest", "newest"), budget_reserve: fc.integer({ min: 0, max: 9 }).map((tenths) => tenths / 10), start: fc.constantFrom("1h", "24h", "3d", "2026-11-20T00:00:00Z"),
};
const first = fc.record({ app_client_id: guid, directory_tenant_id: guid, client_secret: secret, authorization_code: fc.stringMatching(/^0\.A[A-Za-z0-9_-]{20,60}$/), polling_interval: fc.integer({ min: 60, max: 86_400 }), time_offset: fc.integer({ min: 0, max: 86_400 }), ...common }, { requiredKeys: ["app_client_id", "directory_tenant_id", "client_secret"], noNullPrototype: true });
const second = fc.record({ clientID: guid, tenantID: guid, clientSecret: secret, pollingIntervalMin: fc.constantFrom("1m", "5m", "90s", "1h"), ...common }, { requiredKeys: ["clientID", "tenantID", "clientSecret"], noNullPrototype: true });

/** A definition that should be taken as it is, in any of its three wrappings; without a name, so that it gets a free one. */
export const definitions: fc.Arbitrary<Json> = fc.tuple(fc.oneof(first, second), fc.constantFrom("MS Exchange Trace Logs", "Microsoft Exchange Trace Logs"), fc.nat(2)).map(([config, type, wrapping]) => {
  const source = { schemaRef: { type }, sourceType: "Universal", config };
  return wrapping === 0 ? source : wrapping === 1 ? { source } : { "api.version": "v1", source };
});

export const collectors: fc.Arbitrary<Json> = fc.tuple(
  fc.record({ name: word, collectorType: fc.constant("Hosted"), description: text, category: word, timeZone: fc.constantFrom("Etc/UTC", "Europe/Berlin", "America/St_Johns"), fields, ephemeral: fc.constant(false) }, { requiredKeys: ["name"], noNullPrototype: true }),
  fc.boolean(),
).map(([collector, wrapped]): Json => (wrapped ? { collector } : collector));

export const keys: fc.Arbitrary<Json> = fc.record({ name: word, role: fc.constantFrom("reader", "editor", "admin"), expires: fc.constantFrom("2027-01-01T00:00:00Z", "2031-05-06T07:08:09+02:00") }, { requiredKeys: ["name", "role"], noNullPrototype: true });

/** Values that stand where others should. */
const wrong: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, "", " ", "x".repeat(2000), "\u0000", "\ud800", "__proto__", [], {}, [[]], { secretRef: "env:COLLECTOR_ACCESS_KEY" }, { __proto__: null, constructor: 1 }, "********"),
  fc.jsonValue({ maxDepth: 3 }),
);

/** One thing of a wish spoilt: a value replaced, a key taken away, misspelt or added, somewhere in it. */
export function spoilt(wishes: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc.tuple(wishes, fc.nat(), fc.constantFrom("replace", "remove", "misspell", "add", "swap"), wrong).map(([wish, at, how, value]) => {
    const copy = structuredClone(wish);
    const places = placesOf(copy);
    const { holder, key } = places[at % places.length]!;
    const set = (name: string, to: unknown) => Object.defineProperty(holder, name, { value: to, enumerable: true, configurable: true, writable: true });
    if (how === "replace") set(key, value);
    else if (how === "remove") delete holder[key];
    else if (how === "add") set(["extra", "__proto__", "constructor", "toString", "clientId", "Name", ""][at % 7]!, value);
    else {
      const kept = holder[key];
      delete holder[key];
      set(how === "misspell" ? `${key}s` : key.toUpperCase(), kept);
    }
    return copy;
  });
}

/** Every key of every object in it. */
function placesOf(value: unknown): { readonly holder: Json; readonly key: string }[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value as Json, key }, ...placesOf(inner)]);
}
