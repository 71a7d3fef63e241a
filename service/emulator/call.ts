/** One request, taken apart. */
import type { EmulatorRequest } from "./answer.js";

export interface Call {
  readonly method: string;
  /** Origin under which the client knows us: absolute links are made with it. */
  readonly origin: string;
  /** Path as sent. */
  readonly path: string;
  /** As sent, with the question mark; "" when there is none. */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** Undefined when the URL cannot be read. */
export function readCall(request: EmulatorRequest, baseUrl: string, nowMs: number): Call | undefined {
  if (!URL.canParse(request.url, baseUrl)) return undefined;
  const url = new URL(request.url, baseUrl);
  const { origin, pathname: path, search, searchParams: query } = url;
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method: request.method.toUpperCase(), origin, path, search, query, headers, body: request.body, nowMs };
}

/** Body as text. */
export function bodyText(call: Call): string {
  return new TextDecoder().decode(call.body);
}
