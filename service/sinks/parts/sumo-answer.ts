import { Fault } from "../../core/fault.js";
import { retryAfterMs } from "../../core/retry-after.js";
import type { HttpResponse } from "../../ports.js";

const SHOWN_CHARACTERS_MAX = 300;

/**
 * What a Sumo HTTP source said (sumo-contract 5.2). Returns the warning of a 2xx answer with a body: taken, and something is wrong;
 * Sumo's own senders do not send again either. Throws Fault destination-*; `hide` (the address, the token) is masked in what is shown.
 */
export function judgeSumoAnswer(answer: HttpResponse, nowMs: number, hide: readonly string[]): string | undefined {
  const { status } = answer;
  const text = shownText(answer.body, hide);
  if (status >= 200 && status < 300) return text === "" ? undefined : text;
  const detail = text === "" ? `HTTP ${status}` : `HTTP ${status}: ${text}`;
  const waitMs = retryAfterMs(answer.headers["retry-after"], nowMs);
  const options = { detail, status, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  if (status === 429) throw new Fault("destination-throttled", options);
  // 408 after 30 s: part of the batch may have been taken, and halves go through faster.
  if (status === 408 || status === 413) throw new Fault("destination-too-large", options);
  if (status >= 500) throw new Fault("destination-error", options);
  if (status >= 300 && status < 400) throw new Fault("destination-refused", { ...options, detail: `HTTP ${status}: a redirect; the address is not that of an HTTP source` });
  throw new Fault("destination-refused", options);
}

/** `{status, id, code, message}` as "code: message"; anything else as it is. One line, bounded, nothing secret. */
function shownText(body: Uint8Array, hide: readonly string[]): string {
  const text = Buffer.from(body).toString("utf8").trim();
  const said = hide.filter((secret) => secret !== "").reduce((left, secret) => left.replaceAll(secret, "********"), fromJson(text) ?? text);
  // eslint-disable-next-line no-control-regex -- control characters have no place in a log line or on a status page
  return said.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").slice(0, SHOWN_CHARACTERS_MAX);
}

function fromJson(text: string): string | undefined {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    const parts = [code, message].filter((part): part is string => typeof part === "string" && part !== "");
    return parts.length === 0 ? undefined : parts.join(": ");
  } catch {
    return undefined;
  }
}
