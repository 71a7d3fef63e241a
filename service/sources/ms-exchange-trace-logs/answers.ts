import { Fault, type FaultCode, type FaultOptions } from "../../core/fault.js";
import { retryAfterMs } from "../../core/retry-after.js";
import type { Api, HttpResponse } from "../../ports.js";
import { complaintOf, describe, titleOf } from "./complaint.js";

/** What is known of the request when its answer is judged. */
export interface Asked {
  readonly api: Api;
  readonly url: string;
  /** The request follows a next link; what is wrong with it is then the link. */
  readonly followsLink: boolean;
  /** The access token it carried: masked wherever the other side repeats it. */
  readonly token: string;
  readonly nowMs: number;
}

/**
 * From this $skiptoken on the reporting service answers 500 for ever: its ceiling of one million rows a query
 * (learn.microsoft.com/answers/questions/2125176).
 */
const SKIPTOKEN_CEILING = 999_999;
/** The page that Microsoft's service now and then shows in place of data; not an authentication failure. */
const SIGN_IN_PAGE = "Sign in to Outlook";

/** The JSON object of a good answer. Throws the Fault that any other answer means. */
export function jsonOf(response: HttpResponse, asked: Asked): Readonly<Record<string, unknown>> {
  const body = decoded(response.body);
  const code = faultCodeOf(response, body ?? "", asked);
  if (code !== undefined) throw faultOf(code, response, body ?? "", asked);
  let json: unknown;
  try {
    json = JSON.parse(body ?? "");
  } catch {
    // The parser's error is not passed on: it quotes the answer, and an answer holds addresses and subjects.
    throw bad(`HTTP 200 with ${response.body.byteLength} bytes that are not ${body === undefined ? "UTF-8" : "whole JSON"}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw bad("the answer is not a JSON object");
  return json as Record<string, unknown>;
}

/** True for a 401 that a fresh token may cure; the missing service principal is not one. */
export function tokenMayBeStale(response: HttpResponse, asked: Asked): boolean {
  return response.status === 401 && faultCodeOf(response, decoded(response.body) ?? "", asked) === "unauthorized";
}

function faultCodeOf(response: HttpResponse, body: string, asked: Asked): FaultCode | undefined {
  const { status } = response;
  if (status === 429) return "throttled";
  if (body.includes(SIGN_IN_PAGE) && isHtml(response, body)) return "html-answer";
  if (status === 401) return isMissingServicePrincipal(response, body) ? "service-principal-missing" : "unauthorized";
  if (asked.api === "reporting" && (status === 404 || status === 410)) return "api-gone";
  if (status >= 500) return isPastCeiling(asked) ? "window-too-large" : "server-error";
  if (status >= 300 && status < 400) return "bad-answer";
  if (isHtml(response, body)) return "html-answer";
  if (status === 403) return "forbidden";
  if (status === 400) return isPoisonedLink(response, body, asked) ? "bad-link" : "request-refused";
  if (status === 408 || status === 425) return "server-error";
  if (status >= 400) return "request-refused";
  return status === 200 ? undefined : "bad-answer";
}

function faultOf(code: FaultCode, response: HttpResponse, rawBody: string, asked: Asked): Fault {
  // Before anything is cut to size: half a token would not be found any more.
  const body = asked.token ? rawBody.replaceAll(asked.token, "********") : rawBody;
  const complaint = complaintOf(response, body);
  const page = isHtml(response, body) ? titleOf(body) : "";
  const said = page ? { ...complaint, message: `web page "${page}"` } : complaint;
  const waitMs = retryAfterMs(response.headers["retry-after"], asked.nowMs);
  const redirected = response.status >= 300 && response.status < 400 ? ", a redirect; it was not followed" : "";
  const options: FaultOptions = { status: response.status, detail: describe(response.status, said) + redirected };
  return new Fault(code, waitMs === undefined ? options : { ...options, retryAfterMs: waitMs });
}

/**
 * 401 "Service principal-less Authentication failed: the service principal for App ID 8bd644d1-... was not found":
 * nothing but this text tells it from a refused token, and a fresh token does not help.
 */
function isMissingServicePrincipal(response: HttpResponse, body: string): boolean {
  const message = complaintOf(response, body).message.toLowerCase() || body.slice(0, 4000).toLowerCase();
  return message.includes("service principal-less") || (message.includes("service principal") && message.includes("not found"));
}

/** A next link that went bad answers 400 for ever, "Invalid starting recipient address" (elastic/integrations issue 18985). */
function isPoisonedLink(response: HttpResponse, body: string, asked: Asked): boolean {
  return asked.followsLink || complaintOf(response, body).message.toLowerCase().includes("starting recipient address");
}

function isPastCeiling(asked: Asked): boolean {
  return asked.api === "reporting" && Number(new URL(asked.url).searchParams.get("$skiptoken")) >= SKIPTOKEN_CEILING;
}

function isHtml(response: HttpResponse, body: string): boolean {
  if ((response.headers["content-type"] ?? "").toLowerCase().startsWith("text/html")) return true;
  const start = body.slice(0, 1000).trimStart().toLowerCase();
  return start.startsWith("<") && !start.startsWith("<?xml") && !start.startsWith("<servicefault") && !start.startsWith("<feed");
}

/** Text of the body; undefined when it is not UTF-8, because a replaced byte would be a changed row. */
function decoded(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function bad(detail: string): Fault {
  return new Fault("bad-answer", { detail });
}
