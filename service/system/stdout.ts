import type { Writable } from "node:stream";

/**
 * Standard output as SinkPorts.stdout: resolves when the stream has handed the text on (so a slow reader slows the caller), rejects when the
 * reader is gone (EPIPE). Give `process.stdout`.
 */
export function createStdout(stream: Writable): (text: string) => Promise<void> {
  // Without a listener the stream's error event would end the process; each write reports the error to its own caller.
  stream.on("error", () => undefined);
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, "utf8", (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
}
