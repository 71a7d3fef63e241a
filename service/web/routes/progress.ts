/** What a source has done: status, coverage, events. */
import { livingSourceOf, sourceOf, type Context } from "../context.js";
import { Inputs } from "../inputs.js";
import { coverageForm, eventForm, statusForm } from "../progress-form.js";
import { json, type Answer, type Call, type Route } from "../route.js";

const EVENTS_MAX = 1000;
const EVENTS_DEFAULT = 100;

export function progressRoutes(context: Context): readonly Route[] {
  return [
    { method: "GET", path: "/sources/:id/status", answer: (call) => status(context, call) },
    { method: "GET", path: "/sources/:id/coverage", answer: (call) => coverage(context, call) },
    { method: "GET", path: "/sources/:id/events", answer: (call) => events(context, call) },
  ];
}

async function status(context: Context, call: Call): Promise<Answer> {
  const source = sourceOf(call, context);
  return json(200, { status: statusForm(source, await context.app.operations.status(source)) });
}

/** Without from: since the source knows anything; without to: until now. */
async function coverage(context: Context, call: Call): Promise<Answer> {
  const { app, clock } = context;
  const source = livingSourceOf(call, context);
  const inputs = Inputs.ofQuery(call.query, ["from", "to"]);
  const asked = { from: inputs.instant("from"), to: inputs.instant("to") };
  inputs.done();
  const endMs = asked.to ?? clock.nowMs();
  const startMs = asked.from ?? Math.min(endMs, (await app.operations.coverage(source))[0]?.startMs ?? endMs);
  if (asked.from !== undefined) inputs.ordered({ startMs, endMs });
  inputs.done();
  const window = { startMs, endMs };
  return json(200, { coverage: coverageForm(source, window, startMs < endMs ? await app.operations.coverage(source, window) : []) });
}

async function events(context: Context, call: Call): Promise<Answer> {
  const source = sourceOf(call, context);
  const inputs = Inputs.ofQuery(call.query, ["limit"]);
  const limit = inputs.count("limit", EVENTS_DEFAULT, EVENTS_MAX);
  inputs.done();
  const events = await context.store.events({ sourceId: source.record.id, limit });
  return json(200, { events: events.map(eventForm) });
}
