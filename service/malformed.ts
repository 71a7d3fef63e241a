/** Requests that Node's parser refuses before anything else sees them: answered in the flat error form all the same. */
import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { systemRandom } from "./system/random.js";
import type { Log } from "./system/log.js";
import { errorAnswer, errorId } from "./web/error-answer.js";
import { Refusal } from "./web/refusal.js";

/** For the server's clientError. */
export function answerMalformed(log: Log): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    // Node's own handler looks at the answer under way like this.
    const { _httpMessage: under } = socket as { _httpMessage?: ServerResponse | null };
    if (error.code === "ECONNRESET" || !socket.writable || under?.headersSent) return void socket.destroy(error);
    // What follows a whole request is at fault, not the request: it may be carried out, and its own answer is what the client must see.
    if (under?.req.complete) return void under.once("finish", () => socket.end()).setHeader("Connection", "close");
    const refusal = refusalOf(error.code);
    const id = errorId(systemRandom);
    log.warn({ status: refusal.status, errorId: id, reason: error.code }, "a request could not be read");
    const { status, headers, body = "" } = errorAnswer(refusal, id);
    const all = { ...headers, "Content-Length": String(Buffer.byteLength(body)), "Cache-Control": "no-store", Connection: "close" };
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  };
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Refusal(431, "request.too.large", "The headers are larger than 16 KiB, the most that is accepted. A bearer token that names very many groups may be: use app roles in place of groups, or an access key.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Refusal(408, "request.invalid", "The request did not arrive in time: headers may take 15 seconds, the whole 30.");
    default:
      return new Refusal(400, "request.invalid", "The request cannot be understood: it is not HTTP/1.1, or its length is given in two ways.");
  }
}
