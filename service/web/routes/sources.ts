/** Sources: list, create, read, replace, delete, restart, pause, resume (sumo-contract 1.4, 2.1; transcript 1 to 5). */
import type { Changed } from "../../collect/definitions.js";
import type { KnownSource } from "../../collect/wiring.js";
import { collectorIdOf, livingSourceOf, sourceIdOf, sourceOf, type Context } from "../context.js";
import { etagOf, requireMatch } from "../etag.js";
import { notFound, Refusal } from "../refusal.js";
import { empty, json, type Answer, type Call, type Route } from "../route.js";
import { sourceForm } from "../source-form.js";

export function sourceRoutes(context: Context): readonly Route[] {
  const { definitions } = context.app;
  const answer = (source: KnownSource, warnings?: readonly string[]) => sourceAnswer(context, source, warnings);
  const changed = ({ source, warnings }: Changed) => {
    // Metrics of its requests carry the API from the first one on.
    context.metrics.setSource(source.record.id, { api: source.config.api });
    return answer(source, warnings);
  };
  const pause = (paused: boolean) => async (call: Call) => answer(await definitions.pause(livingSourceOf(call, context).record.id, paused));
  return [
    { method: "GET", path: "/sources", answer: (call) => list(context, call) },
    { method: "POST", path: "/sources", answer: async (call) => changed(await definitions.create(collectorIdOf(call, context), call.body)) },
    { method: "GET", path: "/sources/:id", answer: async (call) => answer(sourceOf(call, context)) },
    { method: "PUT", path: "/sources/:id", answer: async (call) => changed(await replace(context, call)) },
    { method: "DELETE", path: "/sources/:id", answer: (call) => remove(context, call) },
    { method: "POST", path: "/sources/:id/action/restart", answer: async (call) => answer(await definitions.restart(livingSourceOf(call, context).record.id)) },
    { method: "POST", path: "/sources/:id/pause", answer: pause(true) },
    { method: "POST", path: "/sources/:id/resume", answer: pause(false) },
  ];
}

async function sourceAnswer({ app, clock }: Context, source: KnownSource, warnings?: readonly string[]): Promise<Answer> {
  const form = sourceForm(source, await app.supervisor.state(source), clock.nowMs(), warnings);
  return json(200, { source: form }, { ETag: etagOf(source.record) });
}

async function list(context: Context, call: Call): Promise<Answer> {
  const { app, clock } = context;
  const collectorId = collectorIdOf(call, context);
  const here = app.definitions.list().filter(({ record }) => record.collectorId === collectorId);
  const sources = await Promise.all(here.map(async (source) => sourceForm(source, await app.supervisor.state(source), clock.nowMs())));
  return json(200, { sources });
}

async function replace(context: Context, call: Call): Promise<Changed> {
  const { record } = livingSourceOf(call, context);
  requireMatch(call.header("if-match"), record);
  const bodyId = idOfBody(call.body);
  if (bodyId !== undefined && bodyId !== record.id) {
    const errors = [{ pointer: "/source/id", message: `The id in the body differs from the id in the path, which is ${record.id}: correct it or leave it out.` }];
    throw new Refusal(400, "BadRequestBladeId", errors[0]!.message, { errors });
  }
  return context.app.definitions.replace(record.id, call.body, record.revision);
}

function idOfBody(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return undefined;
  const source = Object.hasOwn(body, "source") ? (body as { source: unknown }).source : body;
  return typeof source === "object" && source !== null && Object.hasOwn(source, "id") ? (source as { id: unknown }).id : undefined;
}

/** Prompt for the caller: what is left of the worker ends behind the answer. */
async function remove(context: Context, call: Call): Promise<Answer> {
  const { app, departed, metrics, logBehind } = context;
  const collectorId = collectorIdOf(call, context);
  const id = sourceIdOf(call);
  const source = app.definitions.get(id);
  const here = source?.record.collectorId === collectorId;
  if (!here && !departed.has(id, collectorId)) throw notFound();
  if (!source || source.record.stopping) return empty(200);
  const { gone } = await app.definitions.remove(id);
  departed.add(id, collectorId);
  gone.then(() => metrics.forget(id)).catch((thrown: unknown) => logBehind(`source ${id} could not be removed to the end`, thrown));
  return empty(200);
}
