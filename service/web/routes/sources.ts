/** Sources: list, create, read, replace, delete, restart, pause, resume (sumo-contract 1.4, 2.1; transcript 1 to 5). */
import { originOf } from "../../collect/repeat.js";
import { DefinitionRefused, type Changed } from "../../collect/definitions.js";
import type { KnownSource } from "../../collect/wiring.js";
import { audited, auditedSource, sourceTarget } from "../audit.js";
import { collectorOf, livingSourceOf, sourceIdOf, sourceOf, type Context } from "../context.js";
import { etagOf, requireMatch } from "../etag.js";
import { markOf, refuseManaged } from "../managed.js";
import { notFound, Refusal } from "../refusal.js";
import { empty, json, type Answer, type Call, type Route } from "../route.js";
import { fileForm, sourceForm } from "../source-form.js";

export function sourceRoutes(context: Context): readonly Route[] {
  const { definitions } = context.app;
  const answer = (source: KnownSource, warnings?: readonly string[]) => sourceAnswer(context, source, warnings);
  const changed = ({ source, warnings }: Changed) => {
    // Metrics of its requests carry the API from the first one on.
    context.metrics.setSource(source.record.id, { api: source.config.api });
    return answer(source, warnings);
  };
  const pause = (paused: boolean) => async (call: Call) => {
    const before = livingSourceOf(call, context);
    refuseManaged(context, before);
    const source = await definitions.pause(before.record.id, paused);
    if (source !== before) await audited(context, call, { action: paused ? "source.paused" : "source.resumed", target: sourceTarget(source), from: auditedSource(before), to: auditedSource(source) });
    return answer(source);
  };
  return [
    { method: "GET", path: "/sources", answer: (call) => list(context, call) },
    { method: "POST", path: "/sources", answer: async (call) => changed(await create(context, call)) },
    { method: "GET", path: "/sources/:id", answer: async (call) => (isDownload(call) ? download(sourceOf(call, context)) : answer(sourceOf(call, context))) },
    { method: "PUT", path: "/sources/:id", answer: async (call) => changed(await replace(context, call)) },
    { method: "DELETE", path: "/sources/:id", answer: (call) => remove(context, call) },
    { method: "POST", path: "/sources/:id/action/restart", answer: async (call) => answer(await restart(context, call)) },
    { method: "POST", path: "/sources/:id/pause", answer: pause(true) },
    { method: "POST", path: "/sources/:id/resume", answer: pause(false) },
  ];
}

async function sourceAnswer(context: Context, source: KnownSource, warnings?: readonly string[]): Promise<Answer> {
  const { app, clock } = context;
  const form = { ...sourceForm(source, await app.supervisor.state(source), clock.nowMs(), warnings), ...markOf(context, source) };
  return json(200, { source: form }, { ETag: etagOf(source.record) });
}

async function list(context: Context, call: Call): Promise<Answer> {
  const { app, clock } = context;
  const { id: collectorId } = collectorOf(call, context);
  const here = app.definitions.list().filter(({ record }) => record.collectorId === collectorId);
  const living = here.filter(({ record }) => !record.stopping);
  if (isDownload(call)) return json(200, { "api.version": "v1", sources: living.map(fileForm) });
  // One that is being deleted comes last: whoever looks for a name finds the one that took it over.
  const sources = await Promise.all([...living, ...here.filter(({ record }) => record.stopping)].map(async (source) => ({ ...sourceForm(source, await app.supervisor.state(source), clock.nowMs()), ...markOf(context, source) })));
  return json(200, { sources });
}

/** `?download=true`: the form of files, which another collector takes as it is. Masked secrets have to be filled in. */
function isDownload(call: Call): boolean {
  return call.query.get("download")?.toLowerCase() === "true";
}

function download(source: KnownSource): Answer {
  return json(200, { "api.version": "v1", source: fileForm(source) }, { ETag: etagOf(source.record) });
}

async function create(context: Context, call: Call): Promise<Changed> {
  const { app, store } = context;
  const { id: collectorId } = collectorOf(call, context);
  const origin = originOf(await store.fingerprintSalt(), `${call.caller.via}|${call.caller.id}`, `collectors/${collectorId}/sources`, call.bytes);
  const made = await app.definitions.create(collectorId, call.body, { origin, permitted: () => void collectorOf(call, context) });
  if (!made.repeated) await audited(context, call, { action: "source.created", target: sourceTarget(made.source), to: auditedSource(made.source) });
  return made;
}

async function restart(context: Context, call: Call): Promise<KnownSource> {
  const source = await context.app.definitions.restart(livingSourceOf(call, context).record.id);
  await audited(context, call, { action: "source.restarted", target: sourceTarget(source) });
  return source;
}

async function replace(context: Context, call: Call): Promise<Changed> {
  const before = livingSourceOf(call, context);
  const { record } = before;
  refuseManaged(context, before);
  requireMatch(call.header("if-match"), record);
  const bodyId = idOfBody(call.body);
  if (bodyId !== undefined && bodyId !== record.id) {
    const errors = [{ pointer: "/source/id", message: `The id in the body differs from the id in the path, which is ${record.id}: correct it or leave it out.` }];
    throw new Refusal(400, "BadRequestBladeId", errors[0]!.message, { errors });
  }
  const changed = await context.app.definitions.replace(record.id, call.body, record.revision);
  await audited(context, call, { action: "source.replaced", target: sourceTarget(changed.source), from: auditedSource(before), to: auditedSource(changed.source) });
  return changed;
}

function idOfBody(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return undefined;
  const source = Object.hasOwn(body, "source") ? (body as { source: unknown }).source : body;
  return typeof source === "object" && source !== null && Object.hasOwn(source, "id") ? (source as { id: unknown }).id : undefined;
}

/** Prompt for the caller: what is left of the worker ends behind the answer. */
async function remove(context: Context, call: Call): Promise<Answer> {
  const { app, departed, logBehind } = context;
  const { id: collectorId } = collectorOf(call, context);
  const id = sourceIdOf(call);
  const source = app.definitions.get(id);
  const here = source?.record.collectorId === collectorId;
  if (!here && !departed.has(id, collectorId)) throw notFound();
  if (!here) return empty(200);
  refuseManaged(context, source);
  // Of one that is stopping already, too: what failed behind an earlier answer is tried again.
  const { gone } = await app.definitions.remove(id).catch((thrown: unknown) => {
    // It went to the end while this repetition waited for its turn.
    if (source.record.stopping && thrown instanceof DefinitionRefused && thrown.refusal.kind === "not-found") return { gone: Promise.resolve() };
    throw thrown;
  });
  departed.add(id, collectorId);
  gone.catch((thrown: unknown) => logBehind(`source ${id} is not removed to the end yet; the next start goes on`, thrown));
  if (!source.record.stopping) await audited(context, call, { action: "source.deleted", target: sourceTarget(source), from: auditedSource(source) });
  return empty(200);
}
