import { Fault } from "../core/fault.js";
import type { Sink, SinkPorts, SinkType } from "../ports.js";
import { abortable } from "./parts/abortable.js";

/** Nothing to configure. */
export type StdoutConfig = Readonly<Record<string, never>>;

/** Standard output, one row a line: for pipes into other programs and for a first look. Logs must then go to standard error. */
export const stdout: SinkType<StdoutConfig> = {
  type: "stdout",
  open: (_name, _config, ports) => openStdout(ports),
};

function openStdout(ports: SinkPorts): Sink {
  let last: Promise<void> = Promise.resolve();
  return {
    limits: { batchBytesMax: 1024 * 1024, batchRowsMax: 10_000 },
    async check(signal) {
      signal.throwIfAborted();
    },
    async write(batch, signal) {
      signal.throwIfAborted();
      if (batch.lines.length === 0) return { sentBytes: 0 };
      // One call for a batch: lines of several sources do not mix. The reader's pace is ours: the promise settles when it took the text.
      last = ports.stdout(`${batch.lines.join("\n")}\n`);
      try {
        await abortable(last, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw new Fault("destination-error", { detail: `standard output: ${(error as NodeJS.ErrnoException).code ?? "failed"}`, cause: error });
      }
      return { sentBytes: batch.bytes };
    },
    async close() {
      // A text that was abandoned by an abort may still be on its way.
      await last.catch(() => undefined);
    },
  };
}
