/** Requests that Node's parser refuses before anything else sees them: answered in the flat error form all the same. */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Log } from "./system/log.js";

/** For the server's clientError. */
export function answerMalformed(log: Log): (error: NodeJS.ErrnoException, socket: Duplex) => void {
  return (error, socket) => {
    // Node's own handler looks at the answer under way like this.
    const { _httpMessage: under } = socket as { _httpMessage?: ServerResponse | null };
    if (error.code === "ECONNRESET" || !socket.writable || under?.headersSent) return void socket.destroy(error);
    // What follows a whole request is at fault, not the request: it may be carried out, and its own answer is what the client must see.
    if (under?.req.complete) return void under.once("finish", () => socket.end()).setHeader("Connection", "close");
    void answer(log, error.code, socket);
  };
}

/** The form of errors is the web's, which a start loads behind the open door. Never rejects. */
async function answer(log: Log, reason: string | undefined, socket: Duplex): Promise<void> {
  try {
    const { malformedAnswer } = await import("./malformed-answer.js");
    const { status, errorId, text } = malformedAnswer(reason);
    log.warn({ status, errorId, reason }, "a request could not be read");
    if (socket.writable) socket.end(text);
  } catch (thrown) {
    socket.destroy();
    log.error(thrown);
  }
}
