/**
 * What stack and service must agree on: names, port, probe paths and log events are the service's own
 * (service/environment.ts); the stack takes them from there by the names below.
 */
import { DEFAULT_PORT, PROBES } from "../service/environment.js";

export { ENVIRONMENT, LOG_EVENTS } from "../service/environment.js";

/** TCP port on which the service listens. */
export const PORT = DEFAULT_PORT;
/** The process lives: startup and liveness probe. */
export const LIVENESS_PATH = PROBES.live;
/** The process can do its work (database reachable, no other process before it): readiness probe. */
export const READINESS_PATH = PROBES.ready;
