/** Routes as data: what may be asked, and a function from the call to the answer. Express only carries them. */
import { Router, type Request, type RequestHandler, type Response } from "express";
import { allows, type Role } from "../core/administration.js";
import type { Caller } from "./access-keys.js";
import { Refusal } from "./refusal.js";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: an empty body. */
  readonly body?: string;
}

/** One request, read and bounded. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
  /** The body as it came. */
  readonly bytes: Uint8Array;
  readonly caller: Caller;
  /** Network address of the caller. */
  readonly address: string;
  /** By name in lower case; several of one name are joined. */
  header(name: string): string | undefined;
}

export interface Route {
  readonly method: Method;
  /** Express path below the place where the route is mounted, e.g. "/sources/:id". */
  readonly path: string;
  /** Answers without an access key: probes alone. */
  readonly open?: true;
  /** Who may ask: by default a reader what is only looked at, an editor everything else. */
  readonly needs?: Role;
  answer(call: Call): Promise<Answer>;
}

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { "Content-Type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(value) };
}

/** An answer without a body. */
export function empty(status: number): Answer {
  return { status, headers: {} };
}

/** A router for these routes. Other methods of a known path get 405 with Allow, OPTIONS gets the list. */
export function mount(routes: readonly Route[]): Router {
  const router = Router();
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    for (const route of here) router[verbOf(route.method)](path, handler(route));
    router.all(path, unsupported(here));
  }
  return router;
}

/** Writes an answer. */
export function send(response: Response, { status, headers, body }: Answer): void {
  response.status(status).set(headers);
  if (body === undefined) response.set("Content-Length", "0").end();
  // Express turns a GET into 304 here when If-None-Match names the ETag.
  else response.send(body);
}

function handler(route: Route): RequestHandler {
  return async (request, response) => {
    const caller = (response.locals as { caller?: Caller }).caller ?? NOBODY;
    if (!route.open) admit(caller, neededFor(route));
    send(response, await route.answer(callOf(request, caller)));
  };
}
/** Who asks at a probe: it needs no key. */
const NOBODY: Caller = { via: "key", id: "", name: "", role: "reader" };

/** The least role that a route needs. */
export function neededFor({ method, needs }: Pick<Route, "method" | "needs">): Role {
  return needs ?? (method === "GET" ? "reader" : "editor");
}

function admit({ name, role }: Caller, needed: Role): void {
  if (allows(role, needed)) return;
  throw new Refusal(403, "forbidden", `This needs the role ${needed}; ${JSON.stringify(name)} has the role ${role}. An administrator can give another role or another access key.`);
}

function unsupported(routes: readonly Route[]): RequestHandler {
  const methods = [...new Set(routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]))), "OPTIONS"];
  const allow = { Allow: methods.join(", ") };
  return (request, response) => {
    if (request.method === "OPTIONS") return send(response, { ...empty(204), headers: allow });
    throw new Refusal(405, "method.unsupported", `${request.method} is not supported here. Supported are ${methods.join(", ")}.`, { headers: allow });
  };
}

function callOf(request: Request, caller: Caller): Call {
  const at = request.originalUrl.indexOf("?");
  return {
    params: request.params as Record<string, string>,
    query: new URLSearchParams(at < 0 ? "" : request.originalUrl.slice(at + 1)),
    body: request.body,
    bytes: (request as Request & { bytes?: Uint8Array }).bytes ?? NO_BYTES,
    caller,
    address: request.socket.remoteAddress ?? "",
    header(name) {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

const NO_BYTES = new Uint8Array();

function verbOf(method: Method): "get" | "post" | "put" | "delete" {
  return ({ GET: "get", POST: "post", PUT: "put", DELETE: "delete" } as const)[method];
}
