/** What each route is for, what it takes and what it answers: the words and shapes of the OpenAPI document. */
import { anything, flag, instant, listOf, object, orNull, part, text, words, type Shape } from "./shapes.js";

export interface Operation {
  readonly id: string;
  readonly tag: "Collectors" | "Sources" | "Progress" | "Health" | "Access" | "Configuration" | "Machine" | "Page";
  readonly summary: string;
  readonly query?: Readonly<Record<string, Shape>>;
  /** Shape of the JSON body. */
  readonly body?: Shape;
  /** The change needs the ETag that the caller saw. */
  readonly ifMatch?: true;
  /** Shapes of successful answers by status; null is an empty body. */
  readonly answers: Readonly<Record<number, Shape | null>>;
  readonly etag?: true;
  /** A webhook's signature opens it too. */
  readonly signed?: true;
  /** In place of JSON. */
  readonly mediaType?: string;
}

const limit = (max: number): Shape => ({ type: "integer", minimum: 1, maximum: max });
const WINDOW_BODY = object({ from: instant, to: instant });
const page = (data: Shape): Shape => object({ data: listOf(data), next: orNull(text) });
const pending = object({ pending: { type: "object" }, message: text });
/** Accepted and made, or accepted and waiting for the worker's turn to end. */
const change = (made: Shape): Shape => ({ anyOf: [made, pending] });
const SOURCE = object({ source: part("Source") });
const FILE = object({ "api.version": { const: "v1" }, source: part("SourceFile") });
const COLLECTOR = object({ collector: part("Collector") });
const COLLECTOR_BODY: Shape = { anyOf: [{ type: "object", required: ["collector"], properties: { collector: { type: "object" } } }, part("collector")], description: "The collector, bare or in {\"collector\": ...}; keys that answers carry are ignored." };

const ofCollectors: Readonly<Record<string, Operation>> = {
  "GET /collectors": { id: "listCollectors", tag: "Collectors", summary: "List hosted collectors", query: { filter: words("installed", "hosted", "dead", "alive"), limit: limit(10_000), offset: { type: "integer", minimum: 0 } }, answers: { 200: object({ collectors: listOf(part("Collector")) }) } },
  "POST /collectors": { id: "createCollector", tag: "Collectors", summary: "Create a hosted collector; the same bytes again within five minutes give the first result", body: COLLECTOR_BODY, answers: { 200: COLLECTOR }, etag: true },
  "GET /collectors/offline": { id: "listOfflineCollectors", tag: "Collectors", summary: "Always empty: installed collectors do not exist here", answers: { 200: object({ collectors: { type: "array", maxItems: 0 } }) } },
  "DELETE /collectors/offline": { id: "deleteOfflineCollectors", tag: "Collectors", summary: "Does nothing: installed collectors do not exist here", answers: { 200: null } },
  "GET /collectors/name/:name": { id: "getCollectorByName", tag: "Collectors", summary: "Get a hosted collector by its name", answers: { 200: COLLECTOR }, etag: true },
  "GET /collectors/:collectorId": { id: "getCollector", tag: "Collectors", summary: "Get a hosted collector", answers: { 200: COLLECTOR }, etag: true },
  "PUT /collectors/:collectorId": { id: "replaceCollector", tag: "Collectors", summary: "Replace a hosted collector: what is absent is cleared", body: COLLECTOR_BODY, ifMatch: true, answers: { 200: COLLECTOR }, etag: true },
  "DELETE /collectors/:collectorId": { id: "deleteCollector", tag: "Collectors", summary: "Delete a hosted collector with its sources", answers: { 200: null } },
};

const ofSources: Readonly<Record<string, Operation>> = {
  "GET /sources": { id: "listSources", tag: "Sources", summary: "List sources", query: { download: flag }, answers: { 200: { anyOf: [object({ sources: listOf(part("Source")) }), object({ "api.version": { const: "v1" }, sources: listOf(part("SourceFile")) })] } } },
  "POST /sources": { id: "createSource", tag: "Sources", summary: "Create a source; the same bytes again within five minutes give the first result", body: part("definition"), answers: { 200: SOURCE }, etag: true },
  "GET /sources/:id": { id: "getSource", tag: "Sources", summary: "Get a source, or with download=true its file form", query: { download: flag }, answers: { 200: { anyOf: [SOURCE, FILE] } }, etag: true },
  "PUT /sources/:id": { id: "replaceSource", tag: "Sources", summary: "Replace the definition of a source; ******** keeps a stored secret", body: part("definition"), ifMatch: true, answers: { 200: SOURCE }, etag: true },
  "DELETE /sources/:id": { id: "deleteSource", tag: "Sources", summary: "Delete a source: at once for the caller, complete when its worker has ended", answers: { 200: null } },
  "POST /sources/:id/action/restart": { id: "restartSource", tag: "Sources", summary: "Restart a source: authentication and health begin anew", answers: { 200: SOURCE }, etag: true },
  "POST /sources/:id/pause": { id: "pauseSource", tag: "Sources", summary: "Stop collecting", answers: { 200: SOURCE }, etag: true },
  "POST /sources/:id/resume": { id: "resumeSource", tag: "Sources", summary: "Go on collecting", answers: { 200: SOURCE }, etag: true },
};

const ofProgress: Readonly<Record<string, Operation>> = {
  "GET /sources/:id/status": { id: "getStatus", tag: "Progress", summary: "State of the promise: cursor, lag, debt, gaps", answers: { 200: object({ status: part("Status") }) } },
  "GET /sources/:id/coverage": { id: "getCoverage", tag: "Progress", summary: "What was read, settled, lost", query: { from: instant, to: instant }, answers: { 200: object({ coverage: part("Coverage") }) } },
  "GET /sources/:id/events": { id: "listEvents", tag: "Progress", summary: "What happened to a source, newest first", query: { limit: limit(1000) }, answers: { 200: object({ events: listOf(part("Event")) }) } },
  "POST /sources/:id/backfill": { id: "backfill", tag: "Progress", summary: "Read what coverage lacks, or all of a stretch again", body: object({ from: instant, to: instant, "again?": flag }), answers: { 202: change(object({ backfill: part("Backfill") })) } },
  "DELETE /sources/:id/backfill/:backfillId": { id: "cancelBackfill", tag: "Progress", summary: "Cancel a backfill", answers: { 200: null, 202: pending } },
  "POST /sources/:id/rewind": { id: "rewind", tag: "Progress", summary: "Put the cursor back", body: object({ to: instant }), answers: { 202: change(object({ rewind: object({ asked: instant, cursor: instant }) })) } },
  "POST /sources/:id/give-up": { id: "giveUp", tag: "Progress", summary: "Record a stretch as lost", body: WINDOW_BODY, answers: { 202: change(object({ giveUp: object({ asked: part("Window"), lost: listOf(part("Window")) }) })) } },
  "GET /sources/:id/tail": { id: "tail", tag: "Progress", summary: "Lines delivered since the last look; without after only where to begin", query: { after: text, limit: limit(1000) }, answers: { 200: object({ lines: listOf(part("DeliveredLine")), next: text, complete: flag }) } },
};

const RESOURCES = object({ data: { type: "array", maxItems: 1000, items: { type: "object", required: ["id"], properties: { id: { anyOf: [text, { type: "integer" }] } } } } });
const ofAdministration: Readonly<Record<string, Operation>> = {
  "GET /healthEvents": { id: "listHealthEvents", tag: "Health", summary: "What is wrong now", query: { limit: limit(1000), token: text }, answers: { 200: page(part("HealthEvent")) } },
  "POST /healthEvents/resources": { id: "listHealthEventsOfResources", tag: "Health", summary: "What is wrong now with some sources or collectors", query: { limit: limit(1000), token: text }, body: RESOURCES, answers: { 200: page(part("HealthEvent")) } },
  "GET /accessKeys": { id: "listAccessKeys", tag: "Access", summary: "List access keys", answers: { 200: object({ accessKeys: listOf(part("AccessKey")) }) } },
  "POST /accessKeys": { id: "createAccessKey", tag: "Access", summary: "Create an access key: it is shown once", body: part("access-key"), answers: { 200: object({ accessKey: part("NewAccessKey") }) } },
  "GET /accessKeys/:keyId": { id: "getAccessKey", tag: "Access", summary: "Get an access key", answers: { 200: object({ accessKey: part("AccessKey") }) } },
  "PUT /accessKeys/:keyId": { id: "replaceAccessKey", tag: "Access", summary: "Change name, role and expiry", body: part("access-key"), answers: { 200: object({ accessKey: part("AccessKey") }) } },
  "DELETE /accessKeys/:keyId": { id: "revokeAccessKey", tag: "Access", summary: "Revoke an access key", answers: { 200: null } },
  "GET /audit": { id: "listAudit", tag: "Access", summary: "Changes: who, what, from, to", query: { limit: limit(1000), token: text }, answers: { 200: page(part("AuditEntry")) } },
};

const BUNDLE = object({ "revision?": text, "prune?": flag, objects: listOf(object({ file: text, kind: words("source", "destination", "collector"), value: anything })) });
const ofConfiguration: Readonly<Record<string, Operation>> = {
  "GET /config": { id: "getConfig", tag: "Configuration", summary: "Configuration from files: revision, time, error, objects", answers: { 200: object({ config: part("Config") }) } },
  "GET /config/export": { id: "exportConfig", tag: "Configuration", summary: "What runs now, as the values of files", answers: { 200: object({ collectors: listOf({ type: "object" }), sources: listOf({ type: "object" }), destinations: listOf({ type: "object" }) }) } },
  "POST /config/plan": { id: "planConfig", tag: "Configuration", summary: "What a set of files would change", body: BUNDLE, answers: { 200: object({ plan: part("Plan") }) } },
  "POST /config/apply": { id: "applyConfig", tag: "Configuration", summary: "Make that change, all or nothing", body: BUNDLE, answers: { 200: object({ plan: part("Plan"), revision: text }) } },
  "POST /config/sync": { id: "syncConfig", tag: "Configuration", summary: "Fetch the configuration now; a webhook may sign its body in place of an access key", answers: { 202: object({ message: text }) }, signed: true },
};

/** Below the root, not below a prefix of the API. */
const ofRoot: Readonly<Record<string, Operation>> = {
  "GET /healthz": { id: "live", tag: "Machine", summary: "The process answers", answers: { 200: object({ status: { const: "ok" } }) } },
  "GET /readyz": { id: "ready", tag: "Machine", summary: "The collector can work; 503 says why not", answers: { 200: object({ status: { const: "ready" } }), 503: object({ status: { const: "not ready" }, reasons: listOf(text) }) } },
  "GET /metrics": { id: "metrics", tag: "Machine", summary: "Metrics for Prometheus", answers: { 200: text }, mediaType: "text/plain" },
  "GET /api/openapi.json": { id: "openapi", tag: "Machine", summary: "This document", answers: { 200: object({ openapi: text, info: anything, servers: anything, security: anything, tags: anything, paths: anything, components: anything }) } },
  "GET /": { id: "page", tag: "Page", summary: "Status page", answers: { 200: text }, mediaType: "text/html" },
  "GET /style.css": { id: "style", tag: "Page", summary: "Style of the status page", answers: { 200: text }, mediaType: "text/css" },
  "GET /icon.svg": { id: "icon", tag: "Page", summary: "Icon of the status page", answers: { 200: text }, mediaType: "image/svg+xml" },
};

/** By method and path as routes write them; those under a collector are told as those without. */
export const OPERATIONS: Readonly<Record<string, Operation>> = { ...ofCollectors, ...ofSources, ...ofProgress, ...ofAdministration, ...ofConfiguration, ...ofRoot };
