/** Every route of the management API, below its prefix: mounted by createWeb, walked by tests. A new family is one file and one line. */
import type { Context } from "../context.js";
import type { Route } from "../route.js";
import { accessKeyRoutes } from "./access-keys.js";
import { auditRoutes } from "./audit.js";
import { collectorRoutes } from "./collectors.js";
import { configRoutes } from "./config.js";
import { editRoutes } from "./edits.js";
import { healthEventRoutes } from "./health-events.js";
import { progressRoutes } from "./progress.js";
import { sourceRoutes } from "./sources.js";
import { tailRoutes } from "./tail.js";

export function apiRoutes(context: Context): readonly Route[] {
  const ofSources = [...sourceRoutes(context), ...progressRoutes(context), ...editRoutes(context), ...tailRoutes(context)];
  return [...collectorRoutes(context), ...healthEventRoutes(context), ...accessKeyRoutes(context), ...auditRoutes(context), ...configRoutes(context), ...ofSources, ...ofSources.map((route) => ({ ...route, path: `/collectors/:collectorId${route.path}` }))];
}
