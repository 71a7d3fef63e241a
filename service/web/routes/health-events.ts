/** Health events: what is wrong now, of all sources or of some (sumo-contract 2.1, 4.3). */
import type { KnownSource } from "../../collect/wiring.js";
import type { Context } from "../context.js";
import { healthEventsOf, hexId, inOrder, type HealthEvent } from "../health-events.js";
import { Inputs } from "../inputs.js";
import { invalidRequest } from "../refusal.js";
import { json, type Answer, type Call, type Route } from "../route.js";

const LIST_DEFAULT = 100;
const LIST_MAX = 1000;
const RESOURCES_MAX = 1000;

export function healthEventRoutes(context: Context): readonly Route[] {
  return [
    { method: "GET", path: "/healthEvents", answer: async (call) => page(call, await events(context, () => true)) },
    { method: "POST", path: "/healthEvents/resources", needs: "reader", answer: async (call) => page(call, await ofResources(context, call)) },
  ];
}

async function events({ app, collectors, clock }: Context, wanted: (source: KnownSource) => boolean): Promise<readonly HealthEvent[]> {
  const sources = app.definitions.list().filter(wanted);
  const found = await Promise.all(sources.map(async (source) => healthEventsOf(source, collectors.get(source.record.collectorId), (await app.supervisor.state(source)).health, clock.nowMs())));
  return inOrder(found.flat());
}

/** Sources by their own id or by their collector's, in hex as events write it or in decimal as the rest of the API does. */
function ofResources(context: Context, call: Call): Promise<readonly HealthEvent[]> {
  const ids = new Set(resourceIds(call.body));
  const named = (id: number) => ids.has(hexId(id)) || ids.has(String(id));
  return events(context, ({ record }) => named(record.id) || named(record.collectorId));
}

function resourceIds(body: unknown): readonly string[] {
  const data = typeof body === "object" && body !== null && Object.hasOwn(body, "data") ? (body as { data: unknown }).data : undefined;
  if (!Array.isArray(data) || data.length > RESOURCES_MAX) {
    throw invalidRequest([{ pointer: "/data", message: `/data must be a list of at most ${RESOURCES_MAX} resources such as {"id":"0000000005F5E101","type":"SourceResource"}.` }]);
  }
  return data.map((resource: unknown, at) => {
    const id = typeof resource === "object" && resource !== null && Object.hasOwn(resource, "id") ? (resource as { id: unknown }).id : undefined;
    if ((typeof id === "string" && /^[0-9A-Fa-f]{1,16}$/.test(id)) || (typeof id === "number" && Number.isSafeInteger(id))) return String(id).toUpperCase();
    throw invalidRequest([{ pointer: `/data/${at}/id`, message: `/data/${at}/id must be the id of a source or collector, as the event or the API writes it.` }]);
  });
}

/** The token is the last event that was shown: events that come or go between two pages move nothing else. */
function page(call: Call, all: readonly HealthEvent[]): Answer {
  const inputs = Inputs.ofQuery(call.query, ["limit", "token"]);
  const limit = inputs.count("limit", LIST_DEFAULT, LIST_MAX);
  const token = call.query.get("token");
  const position = token === null ? undefined : positionOf(token);
  if (token !== null && !position) inputs.complain("token", "must be what the answer before gave as next");
  inputs.done();
  const left = position === undefined ? all : all.filter((event) => event.eventTime < position.time || (event.eventTime === position.time && event.eventId > position.id));
  const data = left.slice(0, limit);
  return json(200, { data, next: left.length > limit ? tokenOf(data.at(-1)!) : null });
}

function tokenOf({ eventTime, eventId }: HealthEvent): string {
  return Buffer.from(`${eventTime}|${eventId}`).toString("base64url");
}

function positionOf(token: string): { readonly time: string; readonly id: string } | undefined {
  const [time, id] = Buffer.from(token.slice(0, TOKEN_LENGTH_MAX), "base64url").toString("utf8").split("|");
  return time && id ? { time, id } : undefined;
}
const TOKEN_LENGTH_MAX = 200;
