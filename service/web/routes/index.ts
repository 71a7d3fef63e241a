/** Every route of the management API, below its prefix: mounted by createWeb, walked by tests. A new family is one file and one line. */
import type { Context } from "../context.js";
import type { Route } from "../route.js";
import { editRoutes } from "./edits.js";
import { progressRoutes } from "./progress.js";
import { sourceRoutes } from "./sources.js";

/** Terraform's base_url with and without its trailing slash leads to the one and the other (sumo-contract 1.2). */
export const API_PREFIXES = ["/api/v1", "/v1"] as const;

export function apiRoutes(context: Context): readonly Route[] {
  const ofSources = [...sourceRoutes(context), ...progressRoutes(context), ...editRoutes(context)];
  return [...ofSources, ...ofSources.map((route) => ({ ...route, path: `/collectors/:collectorId${route.path}` }))];
}
