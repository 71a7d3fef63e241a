/** The OpenAPI 3.1 document: made of the route table and of the same schemas that judge what comes in. */
import { SCHEMA_FILES, schemaOf } from "../../../schema/index.js";
import { neededFor, type Route } from "../route.js";
import { API_PREFIXES } from "../routes/prefixes.js";
import { OPERATIONS, type Operation } from "./operations.js";
import { PARTS } from "./parts.js";
import { part, type Shape } from "./shapes.js";

export interface Described {
  /** Below each of API_PREFIXES. */
  readonly api: readonly Route[];
  /** Below the root. */
  readonly root: readonly Route[];
  readonly version: string;
}

/** Schemas that requests are judged by; settings and destinations are no part of the API. */
const REQUEST_SCHEMAS = SCHEMA_FILES.filter((path) => !path.startsWith("settings") && !path.startsWith("destinations"));
const SECURITY: readonly Shape[] = [{ accessKey: [] }, { entraToken: [] }];
const OF_COLLECTOR = "/collectors/:collectorId/sources";

/** The document as a JSON value. Throws RangeError for a route that nobody described: a mistake of ours, found by the first test. */
export function openApi({ api, root, version }: Described): Shape {
  return {
    openapi: "3.1.0",
    info: {
      title: "Message trace collector",
      version,
      description: "Sumo Logic's Collector Management API for the sources that this collector runs, and what only this collector has: coverage, backfill, access keys, audit log.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: API_PREFIXES.map((url) => ({ url })),
    security: SECURITY,
    tags: [...new Set(Object.values(OPERATIONS).map(({ tag }) => tag))].map((name) => ({ name })),
    paths: { ...pathsOf(api, {}), ...pathsOf(root, { servers: [{ url: "/" }] }) },
    components: {
      securitySchemes: {
        accessKey: { type: "http", scheme: "basic", description: "Access id and access key." },
        webhookSignature: { type: "apiKey", in: "header", name: "X-Hub-Signature-256", description: "sha256= and the HMAC of the body in hex, made with COLLECTOR_CONFIG_WEBHOOK_SECRET; off until the operator sets that." },
        entraToken: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "Token of Microsoft Entra ID with an app role; off until the operator configures it." },
      },
      responses: { Refused: { description: "Refused; the body says why and what to do", headers: { "Retry-After": { description: "Seconds, with 429 and 503", schema: { type: "integer" } } }, content: jsonOf(part("Error")) } },
      schemas: { ...PARTS, ...requestSchemas() },
    },
  };
}

function pathsOf(routes: readonly Route[], beside: Shape): Record<string, Shape> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] ??= { ...beside };
    paths[path][route.method.toLowerCase()] = operationOf(route);
  }
  return paths;
}

function operationOf(route: Route): Shape {
  const ofCollector = route.path.startsWith(OF_COLLECTOR);
  const plain = ofCollector ? route.path.replace("/collectors/:collectorId", "") : route.path;
  const operation = OPERATIONS[`${route.method} ${plain}`];
  if (!operation) throw new RangeError(`${route.method} ${plain} is not described: add it to openapi/operations.ts`);
  const { id, tag, summary, body, etag, signed } = operation;
  return {
    operationId: ofCollector ? `${id}OfCollector` : id,
    tags: [tag],
    summary,
    ...(route.open ? { security: [] } : { "x-role": neededFor(route) }),
    ...(signed ? { security: [...SECURITY, { webhookSignature: [] }] } : {}),
    ...listed("parameters", parametersOf(route, operation)),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(body) } }),
    responses: {
      ...Object.fromEntries(Object.entries(operation.answers).map(([status, shape]) => [status, answerOf(shape, operation.mediaType, etag)])),
      ...(etag && route.method === "GET" ? { 304: { description: "What If-None-Match names is still the configuration; no body" } } : {}),
      ...(route.open ? {} : { "4XX": { $ref: "#/components/responses/Refused" }, "5XX": { $ref: "#/components/responses/Refused" } }),
    },
  };
}

function parametersOf({ method, path }: Route, { query = {}, ifMatch, etag }: Operation): readonly Shape[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema }));
  const header = (name: string, required: boolean) => [{ name, in: "header", required, description: "The ETag that was read before", schema: { type: "string" } }];
  return [...inPath, ...inQuery, ...(ifMatch ? header("If-Match", true) : []), ...(etag && method === "GET" ? header("If-None-Match", false) : [])];
}

function answerOf(shape: Shape | null, mediaType: string | undefined, etag: true | undefined): Shape {
  const headers = etag ? { headers: { ETag: { description: "Strong, of the configuration's revision alone", schema: { type: "string", pattern: '^"[0-9a-f]{32}"$' } } } } : {};
  if (shape === null) return { description: "Done; no body" };
  return { description: "Done", ...headers, content: mediaType === undefined ? jsonOf(shape) : { [mediaType]: { schema: shape } } };
}

function jsonOf(schema: Shape): Shape {
  return { "application/json": { schema } };
}

function listed(name: string, list: readonly Shape[]): Shape {
  return list.length > 0 ? { [name]: list } : {};
}

function requestSchemas(): Record<string, unknown> {
  return Object.fromEntries(REQUEST_SCHEMAS.map((path) => [componentName(path), localised(schemaOf(path))]));
}

/** "sources/common.schema.json" is named sources.common. */
function componentName(path: string): string {
  return path.replace(".schema.json", "").replaceAll("/", ".");
}

/** References lead into this document in place of the schema files, so that it stands alone. */
function localised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(localised);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key, inner]) => !((key === "$id" || key === "$schema") && typeof inner === "string"));
  return Object.fromEntries(entries.map(([key, inner]) => [key, key === "$ref" && typeof inner === "string" ? localReference(inner) : localised(inner)]));
}

function localReference(reference: string): string {
  const [file = "", fragment = ""] = reference.slice(reference.indexOf("/schema/") + "/schema/".length).split("#");
  return `#/components/schemas/${componentName(file)}${fragment}`;
}
