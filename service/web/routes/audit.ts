/** The audit log. */
import { auditForm } from "../audit.js";
import type { Context } from "../context.js";
import { Inputs } from "../inputs.js";
import { json, type Answer, type Call, type Route } from "../route.js";

const LIST_DEFAULT = 100;
const LIST_MAX = 1000;

export function auditRoutes(context: Context): readonly Route[] {
  return [{ method: "GET", path: "/audit", needs: "admin", answer: (call) => list(context, call) }];
}

/** Newest first; `next` is the token that goes on with what is older. */
async function list({ store }: Context, call: Call): Promise<Answer> {
  const inputs = Inputs.ofQuery(call.query, ["limit", "token"]);
  const limit = inputs.count("limit", LIST_DEFAULT, LIST_MAX);
  const before = inputs.number("token");
  inputs.done();
  const entries = await store.audit({ limit: limit + 1, ...(before === undefined ? {} : { before }) });
  const shown = entries.slice(0, limit);
  return json(200, { data: shown.map(auditForm), next: entries.length > limit ? String(shown.at(-1)!.number) : null });
}
