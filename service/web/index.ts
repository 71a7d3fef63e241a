/** The collector's HTTP face: management API, probes, metrics, status page. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { App } from "../app.js";
import type { Caller } from "./access-keys.js";
import { authenticate } from "./authenticate.js";
import type { Context, WebOptions } from "./context.js";
import { createDeparted } from "./departed.js";
import { errorAnswer, errorId, refusalOf } from "./error-answer.js";
import { refuseForeignOrigin } from "./origin.js";
import { rateLimit } from "./rate-limit.js";
import { readBody } from "./read-body.js";
import { notFound } from "./refusal.js";
import { mount, send } from "./route.js";
import { apiRoutes } from "./routes/index.js";
import { machineRoutes } from "./routes/machine.js";
import { openApiRoutes } from "./routes/openapi.js";
import { pageRoutes } from "./routes/page.js";
import { API_PREFIXES } from "./routes/prefixes.js";
import { securityHeaders } from "./security-headers.js";
import { webhook } from "./webhook.js";

export type { Readiness, RequestEntry, WebOptions } from "./context.js";

/**
 * The Express application. The caller makes the server, and sets its timeouts. Needs the access key on every path but the probes.
 * Nothing is thrown: whatever goes wrong becomes an answer in the flat error form.
 */
export function createWeb(app: App, options: WebOptions): Express {
  const context: Context = { ...options, app, departed: createDeparted(options.clock), logBehind: behind(options) };
  const api = apiRoutes(context);
  const described = [...machineRoutes(context), ...pageRoutes(context)];
  const others = [...described, ...openApiRoutes(api, described, options.version)];
  const web = express();
  web.disable("x-powered-by");
  // Entity tags are of the configuration alone; Express would make them of the body, state included.
  web.disable("etag");
  web.set("trust proxy", false);
  web.set("query parser", false);
  web.use(logged(options), securityHeaders, fresh);
  web.use(mount(others.filter((route) => route.open)));
  web.use(API_PREFIXES.map((prefix) => `${prefix}/config/sync`), webhook(context));
  web.use(authenticate(options), rateLimit(options.limits, options.clock), refuseForeignOrigin, readBody);
  web.use(mount(others.filter((route) => !route.open)));
  web.use(API_PREFIXES.map((prefix) => `${prefix}/v1`), explainBaseUrl);
  web.use([...API_PREFIXES], mount(api));
  web.use(explainPath);
  web.use(answerError(context));
  return web;
}

/** State changes by the second: nobody may keep an answer. */
const fresh: RequestHandler = (_request, response, next) => {
  response.set("Cache-Control", "no-store");
  next();
};

const explainBaseUrl: RequestHandler = () => {
  throw notFound('Requested resource could not be found: the path holds "v1" twice. A client adds "v1" itself, so its base_url must end before it: use http://host:port/api/ with the trailing slash.');
};

const explainPath: RequestHandler = () => {
  throw notFound("Requested resource could not be found. The API is under /api/v1, for example /api/v1/sources; the status page is at /.");
};

function answerError({ random }: Context): ErrorRequestHandler {
  return (thrown: unknown, _request, response, next) => {
    const id = errorId(random);
    const refusal = refusalOf(thrown);
    response.locals["errorId"] = id;
    if (refusal.status >= 500) response.locals["thrown"] = refusal.cause ?? thrown;
    // Nothing can be taken back: Express cuts the connection.
    if (response.headersSent) return next(thrown);
    send(response, errorAnswer(refusal, id));
  };
}

function logged({ clock, logRequest }: WebOptions): RequestHandler {
  return (request, response, next) => {
    const startMs = clock.nowMs();
    const [path = ""] = request.originalUrl.split("?");
    const address = request.socket.remoteAddress ?? "";
    response.once("close", () => {
      const { caller, errorId, thrown } = response.locals as { caller?: Caller; errorId?: string; thrown?: unknown };
      const known = { ...(caller === undefined ? {} : { accessId: caller.id }), ...(errorId === undefined ? {} : { errorId }), ...(thrown === undefined ? {} : { thrown }) };
      logRequest({ method: request.method, path, status: response.statusCode, tookMs: clock.nowMs() - startMs, address, ...known });
    });
    next();
  };
}

/** What fails behind an answer goes to the same log, as a request of its own that nobody sent. */
function behind({ logRequest }: WebOptions): Context["logBehind"] {
  return (what, thrown) => logRequest({ method: "-", path: what, status: 500, tookMs: 0, address: "", thrown });
}
