/** Keeps other web sites from using a browser that holds the access key (cross-site request forgery). */
import type { RequestHandler } from "express";
import { Refusal } from "./refusal.js";

/**
 * A browser sends the remembered key along with whatever a foreign page makes it send. It also says where that page is from:
 * in Sec-Fetch-Site, older ones in Origin. Programs send neither and pass.
 */
export const refuseForeignOrigin: RequestHandler = (request, _response, next) => {
  if (request.method === "GET" || request.method === "HEAD") return next();
  const site = request.get("sec-fetch-site");
  const origin = request.get("origin");
  const foreignSite = site !== undefined && site !== "same-origin" && site !== "none";
  if (foreignSite || (origin !== undefined && hostOf(origin) !== request.headers.host?.toLowerCase())) {
    throw new Refusal(403, "forbidden", "The request comes from a page of another site. Send it from the collector's own page or from a program.");
  }
  next();
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
