/** Rows as they are delivered: short answers that a client asks for again and again. */
import { livingSourceOf, type Context } from "../context.js";
import { Inputs } from "../inputs.js";
import { json, type Call, type Route } from "../route.js";
import { iso } from "../source-form.js";

const LINES_MAX = 1000;

export function tailRoutes(context: Context): readonly Route[] {
  // An editor: rows name senders, recipients and subjects, which somebody who watches over health need not see.
  return [{ method: "GET", path: "/sources/:id/tail", needs: "editor", answer: async (call) => tail(context, call) }];
}

/** Without `after` nothing but where to begin: lines are kept from then on, for a minute after the last look. */
function tail(context: Context, call: Call) {
  const { record } = livingSourceOf(call, context);
  const inputs = Inputs.ofQuery(call.query, ["after", "limit"]);
  const after = inputs.number("after");
  const limit = inputs.count("limit", LINES_MAX, LINES_MAX);
  inputs.done();
  const { lines, next, complete } = context.recent.look(record.id, after, limit);
  return json(200, { lines: lines.map(({ atMs, destination, line }) => ({ at: iso(atMs), destination, line })), next: String(next), complete });
}
