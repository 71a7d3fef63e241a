/** The OpenAPI document of all routes, this one included. */
import { json, type Answer, type Route } from "../route.js";

/** `api` and `others` are all the routes beside this. The document is made when it is first asked for, and what it is made of is loaded then. */
export function openApiRoutes(api: readonly Route[], others: readonly Route[], version: string): readonly Route[] {
  let made: Answer | undefined;
  const routes: readonly Route[] = [
    { method: "GET", path: "/api/openapi.json", answer: async () => (made ??= json(200, (await import("../openapi/document.js")).openApi({ api, root: [...others, ...routes], version }))) },
  ];
  return routes;
}
