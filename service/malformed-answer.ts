/** What a request gets that is none: the flat error form, as bytes of an HTTP answer that closes the connection. */
import { STATUS_CODES } from "node:http";
import { systemRandom } from "./system/random.js";
import { errorAnswer, errorId as newErrorId } from "./web/error-answer.js";
import { Refusal } from "./web/refusal.js";

/** `reason`: the code of Node's parser error. */
export function malformedAnswer(reason: string | undefined): { readonly status: number; readonly errorId: string; readonly text: string } {
  const errorId = newErrorId(systemRandom);
  const { status, headers, body = "" } = errorAnswer(refusalOf(reason), errorId);
  const all = { ...headers, "Content-Length": String(Buffer.byteLength(body)), "Cache-Control": "no-store", Connection: "close" };
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
  return { status, errorId, text: `${head.join("\r\n")}\r\n\r\n${body}` };
}

function refusalOf(reason: string | undefined): Refusal {
  switch (reason) {
    case "HPE_HEADER_OVERFLOW":
      return new Refusal(431, "request.too.large", "The headers are larger than 16 KiB, the most that is accepted. A bearer token that names very many groups may be: use app roles in place of groups, or an access key.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Refusal(408, "request.invalid", "The request did not arrive in time: headers may take 15 seconds, the whole 30.");
    default:
      return new Refusal(400, "request.invalid", "The request cannot be understood: it is not HTTP/1.1, or its length is given in two ways.");
  }
}
