/** An operator's changes of coverage: backfill, rewind, give up a stretch. */
import type { KnownSource } from "../../collect/wiring.js";
import { WorkerStopped } from "../../collect/worker.js";
import type { Backfill } from "../../core/coverage.js";
import { audited, sourceTarget } from "../audit.js";
import { livingSourceOf, type Context } from "../context.js";
import { Inputs } from "../inputs.js";
import { backfillForm, windowForm } from "../progress-form.js";
import { invalidRequest, notFound, Refusal } from "../refusal.js";
import { empty, json, type Answer, type Call, type Route } from "../route.js";
import { iso } from "../source-form.js";

/** A change is applied between two turns of the worker; a turn may wait long for its destination. */
const PATIENCE_MS = 5000;

export function editRoutes(context: Context): readonly Route[] {
  return [
    { method: "POST", path: "/sources/:id/backfill", answer: (call) => backfill(context, call) },
    { method: "DELETE", path: "/sources/:id/backfill/:backfillId", answer: (call) => cancel(context, call) },
    { method: "POST", path: "/sources/:id/rewind", answer: (call) => rewind(context, call) },
    { method: "POST", path: "/sources/:id/give-up", answer: (call) => giveUp(context, call) },
  ];
}

async function backfill(context: Context, call: Call): Promise<Answer> {
  const source = livingSourceOf(call, context);
  const inputs = Inputs.ofBody(call.body, ["from", "to", "again"]);
  const asked = { window: inputs.window(), again: inputs.flag("again") };
  inputs.done();
  const made = await applied(context, source, context.app.operations.backfill(source, asked.window, asked.again));
  await audited(context, call, { action: "source.backfill", target: sourceTarget(source), to: { ...windowForm(asked.window), again: asked.again } });
  return json(202, made ? { backfill: backfillForm(made.value) } : waiting({ ...windowForm(asked.window), again: asked.again }));
}

async function cancel(context: Context, call: Call): Promise<Answer> {
  const source = livingSourceOf(call, context);
  const done = await applied(context, source, context.app.operations.cancelBackfill(source, call.params["backfillId"] ?? ""));
  if (done && !done.value) throw notFound("The source has no such backfill; it may be finished.");
  await audited(context, call, { action: "source.backfill-cancelled", target: sourceTarget(source), from: { backfill: call.params["backfillId"] } });
  if (!done) return json(202, waiting({}));
  return empty(200);
}

async function rewind(context: Context, call: Call): Promise<Answer> {
  const source = livingSourceOf(call, context);
  const inputs = Inputs.ofBody(call.body, ["to"]);
  const toMs = inputs.instantDue("to");
  inputs.done();
  const done = await applied(context, source, context.app.operations.rewind(source, toMs), "to");
  await audited(context, call, { action: "source.rewound", target: sourceTarget(source), to: { to: iso(toMs) } });
  if (!done) return json(202, waiting({ to: iso(toMs) }));
  // The cursor may lie before the wish: fingerprints are forgotten by the bucket.
  const { cursorMs } = await context.app.operations.status(source);
  return json(202, { rewind: { asked: iso(toMs), cursor: iso(cursorMs) } });
}

async function giveUp(context: Context, call: Call): Promise<Answer> {
  const source = livingSourceOf(call, context);
  const inputs = Inputs.ofBody(call.body, ["from", "to"]);
  const window = inputs.window();
  inputs.done();
  const done = await applied(context, source, context.app.operations.giveUp(source, window));
  await audited(context, call, { action: "source.gave-up", target: sourceTarget(source), to: windowForm(window) });
  if (!done) return json(202, waiting(windowForm(window)));
  // Less than asked may be lost: what was read stays read.
  const lost = (await context.app.operations.coverage(source, window)).filter(({ state }) => state === "gap");
  return json(202, { giveUp: { asked: windowForm(window), lost: lost.map((stretch) => windowForm(stretch)) } });
}

/** The value of a change once it is durable, or undefined while the worker's turn goes on; `key` is blamed for a window that cannot be. */
async function applied<T extends Backfill | boolean | void>(context: Context, source: KnownSource, change: Promise<T>, key = "from"): Promise<{ readonly value: T } | undefined> {
  const over = new AbortController();
  let answered = false;
  const settled = change.then((value) => ({ value }), (thrown: unknown) => refuse(thrown, key));
  // After the answer a failure is of interest to the log alone.
  settled.catch((thrown: unknown) => {
    if (answered) context.logBehind(`a change of source ${source.record.id} failed after it was accepted`, thrown);
  });
  const patience = context.clock.sleep(PATIENCE_MS, over.signal).then(() => undefined, () => undefined);
  try {
    return await Promise.race([settled, patience]);
  } finally {
    answered = true;
    over.abort();
  }
}

function refuse(thrown: unknown, key: string): never {
  if (thrown instanceof RangeError) throw invalidRequest([{ pointer: `/${key}`, message: `${thrown.message.charAt(0).toUpperCase()}${thrown.message.slice(1)}.` }]);
  if (thrown instanceof WorkerStopped) {
    throw new Refusal(503, "service.unavailable", "The source was stopped or restarted at this moment and nothing was changed. Try again.", { headers: { "Retry-After": "1" }, cause: thrown });
  }
  throw thrown;
}

function waiting(asked: object) {
  return { pending: asked, message: "Accepted: it is applied when the worker's turn is over, for which it may be waiting for a destination. It is lost if the collector stops before; see …/status." };
}
