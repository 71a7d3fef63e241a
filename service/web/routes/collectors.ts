/** Hosted collectors: list, create, read, replace, delete (sumo-contract 1.4, 2.1; transcript 1 to 5). */
import type { CollectorRecord } from "../../core/administration.js";
import { originOf } from "../../collect/repeat.js";
import { CollectorRefused } from "../../collect/collectors.js";
import { audited, auditedCollector } from "../audit.js";
import { collectorForm } from "../collector-form.js";
import { collectorNotFound, collectorOf, idOf, type Context } from "../context.js";
import { etagOf, requireMatch } from "../etag.js";
import { Inputs } from "../inputs.js";
import { collectorMarkOf, refuseManagedCollector } from "../managed.js";
import { empty, json, type Answer, type Call, type Route } from "../route.js";

const LIST_DEFAULT = 1000;
/** As many as the vendor allows to an organisation (sumo-contract 4.6): whoever asks for all gets all. */
const LIST_MAX = 10_000;
const FILTERS = ["installed", "hosted", "dead", "alive"] as const;
/** Collectors that were deleted are remembered beside sources, under this collector: no source is. */
export const NO_COLLECTOR = 0;

export function collectorRoutes(context: Context): readonly Route[] {
  const answer = (collector: CollectorRecord) => json(200, { collector: formOf(context, collector) }, { ETag: etagOf(collector) });
  return [
    { method: "GET", path: "/collectors", answer: async (call) => list(context, call) },
    { method: "POST", path: "/collectors", answer: async (call) => answer(await create(context, call)) },
    // Before those with an id, which would take these words for one.
    { method: "GET", path: "/collectors/offline", answer: async () => json(200, { collectors: [] }) },
    { method: "DELETE", path: "/collectors/offline", answer: async () => empty(200) },
    { method: "GET", path: "/collectors/name/:name", answer: async (call) => answer(named(context, call)) },
    { method: "GET", path: "/collectors/:collectorId", answer: async (call) => answer(collectorOf(call, context)) },
    { method: "PUT", path: "/collectors/:collectorId", answer: async (call) => answer(await replace(context, call)) },
    { method: "DELETE", path: "/collectors/:collectorId", answer: (call) => remove(context, call) },
  ];
}

function formOf(context: Context, collector: CollectorRecord) {
  return { ...collectorForm(collector, context.clock.nowMs()), ...collectorMarkOf(context, collector.id) };
}

/** All of ours are hosted and alive. */
function list(context: Context, call: Call): Answer {
  const inputs = Inputs.ofQuery(call.query, ["filter", "limit", "offset"]);
  const filter = inputs.word("filter", FILTERS);
  const limit = inputs.count("limit", LIST_DEFAULT, LIST_MAX);
  const offset = inputs.number("offset") ?? 0;
  inputs.done();
  const all = filter === "installed" || filter === "dead" ? [] : context.collectors.list();
  return json(200, { collectors: all.slice(offset, offset + limit).map((collector) => formOf(context, collector)) });
}

function named({ collectors }: Context, call: Call): CollectorRecord {
  const collector = collectors.named(call.params["name"] ?? "");
  if (!collector) throw collectorNotFound("There is no collector of this name.");
  return collector;
}

async function create(context: Context, call: Call): Promise<CollectorRecord> {
  const { collectors, store } = context;
  const origin = originOf(await store.fingerprintSalt(), `${call.caller.via}|${call.caller.id}`, "collectors", call.bytes);
  const { collector, repeated } = await collectors.create(call.body, origin);
  if (!repeated) await audited(context, call, { action: "collector.created", target: target(collector), to: auditedCollector(collector) });
  return collector;
}

async function replace(context: Context, call: Call): Promise<CollectorRecord> {
  const before = collectorOf(call, context);
  if (before.id === context.defaultCollectorId) throw new CollectorRefused({ kind: "fixed", name: before.name });
  refuseManagedCollector(context, before.id);
  requireMatch(call.header("if-match"), before);
  const collector = await context.collectors.replace(before.id, call.body, before.revision);
  await audited(context, call, { action: "collector.replaced", target: target(collector), from: auditedCollector(before), to: auditedCollector(collector) });
  return collector;
}

/** Prompt for the caller, and its sources with it: their workers end behind the answer. */
async function remove(context: Context, call: Call): Promise<Answer> {
  const { collectors, departed, logBehind } = context;
  const id = idOf(call.params["collectorId"] ?? "");
  const before = collectors.get(id);
  if (!before && !departed.has(id, NO_COLLECTOR)) throw collectorNotFound();
  const { gone, sourceIds } = await collectors.remove(id, () => refuseManagedCollector(context, id)).catch((thrown: unknown) => {
    // Deleted to the end meanwhile: the caller repeats himself.
    if (!before && thrown instanceof CollectorRefused) return { gone: Promise.resolve(), sourceIds: [] };
    throw thrown;
  });
  departed.add(id, NO_COLLECTOR);
  gone.catch((thrown: unknown) => logBehind(`collector ${id} is not removed to the end yet; the next start goes on`, thrown));
  if (before) await audited(context, call, { action: "collector.deleted", target: target(before), from: { ...auditedCollector(before), sources: sourceIds } });
  return empty(200);
}

function target({ id, name }: CollectorRecord) {
  return { kind: "collector", id: String(id), name } as const;
}
