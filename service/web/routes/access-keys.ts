/** Access keys: list, create, change (name, role, expiry), revoke. For administrators. */
import { problemsOf } from "../../../schema/index.js";
import { inTurn } from "../../collect/in-turn.js";
import { isAlive, type KeyRecord, type Role } from "../../core/administration.js";
import { createAccessKey, type KeyWish } from "../access-keys.js";
import { audited, auditedKey } from "../audit.js";
import type { Context } from "../context.js";
import { invalidRequest, notFound, Refusal } from "../refusal.js";
import { empty, json, type Answer, type Call, type Route } from "../route.js";
import { iso } from "../source-form.js";

/** Keys that open; nobody needs more. */
const ALIVE_MAX = 500;
/** Revoked and expired ones are shown for as long as there is room; then the oldest go. */
const DEAD_MAX = 500;

export function accessKeyRoutes(context: Context): readonly Route[] {
  // One change at a time: two must not take away each other's last administrator.
  const turns = inTurn();
  const alone = (change: (call: Call) => Promise<Answer>) => (call: Call): Promise<Answer> => turns(() => change(call));
  return [
    { method: "GET", path: "/accessKeys", needs: "admin", answer: () => list(context) },
    { method: "POST", path: "/accessKeys", needs: "admin", answer: alone((call) => create(context, call)) },
    { method: "GET", path: "/accessKeys/:keyId", needs: "admin", answer: async (call) => json(200, { accessKey: keyForm(await keyOf(context, call), context.clock.nowMs()) }) },
    { method: "PUT", path: "/accessKeys/:keyId", needs: "admin", answer: alone((call) => replace(context, call)) },
    { method: "DELETE", path: "/accessKeys/:keyId", needs: "admin", answer: alone((call) => revoke(context, call)) },
  ];
}

/** A key on the wire: never the key itself. */
function keyForm(record: KeyRecord, nowMs: number) {
  const { id, name, role, createdMs, expiresMs, revokedMs } = record;
  const state = isAlive(record, nowMs) ? "active" : revokedMs === undefined ? "expired" : "revoked";
  return { id, name, role, state, created: iso(createdMs), expires: expiresMs === undefined ? null : iso(expiresMs), revoked: revokedMs === undefined ? null : iso(revokedMs) };
}

async function list({ store, clock }: Context): Promise<Answer> {
  return json(200, { accessKeys: (await store.keys()).map((record) => keyForm(record, clock.nowMs())) });
}

async function create(context: Context, call: Call): Promise<Answer> {
  const { store, clock, accessKeys } = context;
  const wish = wishOf(call.body, clock.nowMs());
  const records = await store.keys();
  const dead = records.filter((record) => !isAlive(record, clock.nowMs()));
  if (records.length - dead.length >= ALIVE_MAX) throw new Refusal(400, "request.invalid", `There are ${ALIVE_MAX} access keys already: revoke those that nobody uses.`);
  for (const { id } of dead.slice(0, Math.max(0, dead.length - DEAD_MAX))) await store.deleteKey(id);
  const { record, accessKey } = await createAccessKey(store, clock, wish);
  accessKeys.forget();
  await audited(context, call, { action: "key.created", target: target(record), to: auditedKey(record) });
  return json(200, { accessKey: { ...keyForm(record, clock.nowMs()), key: accessKey } });
}

async function replace(context: Context, call: Call): Promise<Answer> {
  const before = await keyOf(context, call);
  if (before.revokedMs !== undefined) throw new Refusal(400, "request.invalid", "The access key was revoked; that is for ever. Create another one.");
  const { id, hash, createdMs } = before;
  const record: KeyRecord = { id, hash, createdMs, ...wishOf(call.body, undefined) };
  await change(context, call, "key.replaced", before, record);
  return json(200, { accessKey: keyForm(record, context.clock.nowMs()) });
}

async function revoke(context: Context, call: Call): Promise<Answer> {
  const before = await keyOf(context, call);
  // Repeated after a lost answer.
  if (before.revokedMs !== undefined) return empty(200);
  await change(context, call, "key.revoked", before, { ...before, revokedMs: context.clock.nowMs() });
  return empty(200);
}

async function change(context: Context, call: Call, action: string, before: KeyRecord, after: KeyRecord): Promise<void> {
  const { store, clock, accessKeys } = context;
  const opens = (record: KeyRecord) => record.role === "admin" && isAlive(record, clock.nowMs());
  const others = (await store.keys()).filter((record) => record.id !== before.id && opens(record) && record.expiresMs === undefined);
  const stays = opens(after) && after.expiresMs === undefined;
  if (opens(before) && !stays && others.length === 0 && accessKeys.givenId === undefined) {
    throw new Refusal(400, "request.invalid", "This is the last access key of an administrator that does not expire: nobody could handle access keys any more. Create another one first.");
  }
  await store.saveKey(after);
  // Whoever was verified with it is verified anew, at once.
  accessKeys.forget();
  await audited(context, call, { action, target: target(after), from: auditedKey(before), to: auditedKey(after) });
}

async function keyOf({ store, accessKeys }: Context, call: Call): Promise<KeyRecord> {
  const id = call.params["keyId"] ?? "";
  const record = (await store.keys()).find((one) => one.id === id);
  if (record) return record;
  throw notFound(id === accessKeys.givenId ? "This pair is given by COLLECTOR_ACCESS_ID and COLLECTOR_ACCESS_KEY: change it there." : undefined);
}

/** `nowMs`: a new key must not have expired already. */
function wishOf(body: unknown, nowMs: number | undefined): KeyWish {
  const problems = problemsOf("access-key.schema.json", body, { subject: "The access key" });
  if (problems.length > 0) throw invalidRequest(problems);
  const { name, role, expires } = body as { name: string; role: Role; expires?: string };
  const expiresMs = expires === undefined ? undefined : Date.parse(expires);
  if (expiresMs !== undefined && (Number.isNaN(expiresMs) || (nowMs !== undefined && expiresMs <= nowMs))) throw invalidRequest([{ pointer: "/expires", message: "/expires must be an instant that is still to come." }]);
  return { name, role, ...(expiresMs === undefined ? {} : { expiresMs }) };
}

function target({ id, name }: KeyRecord) {
  return { kind: "key", id, name } as const;
}
