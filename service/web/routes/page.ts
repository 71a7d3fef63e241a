/** The status page and what it loads. */
import type { Context } from "../context.js";
import type { Route } from "../route.js";
import { statusPage } from "../page/status-page.js";
import { STYLE } from "../page/style.js";
import { ICON } from "../page/icon.js";
import { collectView } from "../page/view.js";

/** Seconds between two looks at the same page. */
const REFRESH_SECONDS = 10;

export function pageRoutes(context: Context): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/",
      answer: async (call) => {
        const view = await collectView(context, call.header("host") ?? "");
        return { status: 200, headers: { "Content-Type": "text/html; charset=utf-8", Refresh: String(REFRESH_SECONDS) }, body: statusPage(view) };
      },
    },
    { method: "GET", path: "/style.css", answer: async () => ({ status: 200, headers: { "Content-Type": "text/css; charset=utf-8" }, body: STYLE }) },
    { method: "GET", path: "/icon.svg", answer: async () => ({ status: 200, headers: { "Content-Type": "image/svg+xml" }, body: ICON }) },
  ];
}
