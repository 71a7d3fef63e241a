import type { HttpResponse } from "../../ports.js";

/** What an error answer says, in the forms that Microsoft uses for it. */
export interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly requestId: string;
}

const MESSAGE_CHARS_MAX = 400;

/**
 * Reads an error answer: Graph `{error:{code,message,innerError}}`, reporting light `{"odata.error":{code,message:{value}}}`,
 * reporting verbose `{error:{code,message:{value}}}`, reporting `{ErrorCode,Message}` (missing role), XML `<Message>`
 * (`<ServiceFault>`). Empty strings where it says nothing; never throws.
 */
export function complaintOf(response: HttpResponse, body: string): Complaint {
  const root = fieldsOf(parsed(body));
  const error = fieldsOf(root["error"] ?? root["odata.error"]);
  const inner = fieldsOf(error["innerError"] ?? error["innererror"]);
  const message = error["message"] ?? root["Message"];
  return {
    code: line(error["code"] ?? root["ErrorCode"], 80),
    message: line(typeof message === "object" ? fieldsOf(message)["value"] : message, MESSAGE_CHARS_MAX)
      || line(xmlMessage(body), MESSAGE_CHARS_MAX),
    requestId: line(response.headers["request-id"] ?? inner["request-id"] ?? response.headers["x-ms-diagnostics-id"], 80),
  };
}

/** The complaint as a bounded clause: status, code, message, request id. */
export function describe(status: number, complaint: Complaint): string {
  const head = [`HTTP ${status}`, complaint.code].filter(Boolean).join(" ");
  const text = complaint.message ? `${head}: ${complaint.message}` : head;
  return complaint.requestId ? `${text} (request-id ${complaint.requestId})` : text;
}

/** The title of an HTML page, for the detail of a fault. */
export function titleOf(html: string): string {
  return line(between(html, "<title>", "</title>"), 120);
}

function parsed(body: string): unknown {
  if (!body.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function xmlMessage(body: string): string {
  return body.trimStart().startsWith("<") && !body.toLowerCase().includes("<html") ? between(body, "<Message>", "</Message>") : "";
}

function between(text: string, open: string, close: string): string {
  const head = text.slice(0, 20_000);
  const lower = head.toLowerCase();
  const from = lower.indexOf(open.toLowerCase());
  const to = from < 0 ? -1 : lower.indexOf(close.toLowerCase(), from);
  return to < 0 ? "" : head.slice(from + open.length, to);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** One line without control characters, bounded. */
function line(value: unknown, charsMax: number): string {
  if (typeof value !== "string") return "";
  // The slice comes first: a megabyte of message is not worth cleaning.
  const text = value.slice(0, charsMax * 2).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return text.length > charsMax ? `${text.slice(0, charsMax - 3)}...` : text;
}
