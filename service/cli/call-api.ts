/** One call of the collector's API from the command line. */
import fetch, { type Response } from "node-fetch";

export interface ApiAddress {
  /** Without trailing slash. */
  readonly url: string;
  readonly accessId: string;
  readonly accessKey: string;
}

/** A change of coverage is answered within five seconds, a plan of thousands of files within some. */
const TIMEOUT_MS = 60_000;
const SHOWN_LENGTH_MAX = 200;

/** The collector said no. The message is its own sentence. */
export class ApiRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiRefused";
    this.status = status;
  }
}

/** The answer's JSON. Throws ApiRefused when the collector refuses, Error with why it cannot be reached or is no collector. */
export async function callApi(address: ApiAddress, method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${address.accessId}:${address.accessKey}`).toString("base64")}`;
  const response = await fetch(`${address.url}/api/v1${path}`, {
    method,
    headers: { Authorization: authorization, "Content-Type": "application/json" },
    // A redirected POST comes as a GET, and a redirect elsewhere must not get the key.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((thrown: unknown) => {
    throw new Error(`the collector cannot be reached at ${address.url}: ${reasonOf(thrown)}`);
  });
  return answerOf(response, address.url, await response.text());
}

function answerOf(response: Response, url: string, text: string): unknown {
  const { status, ok, headers } = response;
  if (ok && text === "") return {};
  const answer = parsed(text);
  if (ok && answer !== undefined) return answer;
  if (typeof answer === "object" && answer !== null && "code" in answer && "message" in answer) throw new ApiRefused(status, String(answer.message));
  const location = headers.get("location");
  const found = location === null ? `${headers.get("content-type") ?? "nothing"}: ${text.replace(/\s+/g, " ").slice(0, SHOWN_LENGTH_MAX)}` : `a redirect to ${location}`;
  throw new Error(`at ${url} something answers that is no collector (${status}, ${found}): check the address`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.name === "TimeoutError" || thrown.name === "AbortError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.message;
}
