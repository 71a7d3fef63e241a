import { Fault } from "../../core/fault.js";

/**
 * The address of the next page, absolute, judged before anything is sent to it.
 *
 * Links come absolute (Graph) or relative to the request (reporting: `../../reportingwebservice/...`). The token goes
 * with the request, so the link must have the request's origin; and it must name the same collection, because a link that
 * does not would answer something else. Path case is not compared: the reporting service writes its own path in two ways.
 * Throws Fault bad-link.
 */
export function nextUrl(link: string, requestUrl: string): string {
  const from = new URL(requestUrl);
  let to: URL;
  try {
    to = new URL(link, from);
  } catch {
    throw new Fault("bad-link", { detail: "the link to the next page is not a URL" });
  }
  if (to.origin !== from.origin || to.origin === "null") {
    throw new Fault("bad-link", { detail: `the link to the next page leads to ${to.origin}; nothing was sent there` });
  }
  if (to.username !== "" || to.password !== "") {
    throw new Fault("bad-link", { detail: "the link to the next page carries credentials" });
  }
  if (samePath(to.pathname) !== samePath(from.pathname)) {
    throw new Fault("bad-link", { detail: `the link to the next page leads to ${to.pathname.slice(0, 200)}` });
  }
  to.hash = "";
  return to.href;
}

function samePath(path: string): string {
  const plain = path.endsWith("/") ? path.slice(0, -1) : path;
  return plain.toLowerCase();
}
