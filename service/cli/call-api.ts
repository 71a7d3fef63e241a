/** One call of the collector's API from the command line. */
import fetch from "node-fetch";

export interface ApiAddress {
  readonly url: string;
  readonly accessId: string;
  readonly accessKey: string;
}

/** The answer's JSON. Throws Error with the collector's own sentence when it refuses, or why it cannot be reached. */
export async function callApi(address: ApiAddress, method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${address.accessId}:${address.accessKey}`).toString("base64")}`;
  const url = `${address.url.replace(/\/+$/, "")}/api/v1${path}`;
  const response = await fetch(url, {
    method,
    headers: { Authorization: authorization, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((thrown: unknown) => {
    throw new Error(`the collector cannot be reached at ${address.url}: ${thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown)}`);
  });
  const text = await response.text();
  const answer: unknown = text === "" ? {} : JSON.parse(text);
  if (!response.ok) throw new Error(typeof answer === "object" && answer !== null && "message" in answer ? String(answer.message) : `${response.status} ${text}`);
  return answer;
}
