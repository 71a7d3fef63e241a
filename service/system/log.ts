import pino, { type DestinationStream, type Logger } from "pino";
import { maskKeys, maskText } from "./mask.js";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
export type Log = Logger;

export interface LogOptions {
  readonly level: LogLevel;
  /** Lines for people in place of JSON: for a terminal. */
  readonly pretty: boolean;
  /** File descriptor or stream. Default 1, standard output; give 2 when a `stdout` sink owns standard output. */
  readonly destination?: 1 | 2 | DestinationStream;
}

/**
 * The log: one JSON object a line, `time` in ISO 8601 and UTC. Written synchronously, so that nothing is lost at exit.
 * Secrets do not belong into logs in the first place; masking by key and by shape is a second net.
 */
export async function createLog(options: LogOptions): Promise<Log> {
  const target = options.destination ?? 1;
  const stream = options.pretty ? await prettyStream(target) : typeof target === "number" ? pino.destination({ dest: target, sync: true }) : target;
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: maskKeys },
      hooks: { streamWrite: maskText },
    },
    stream,
  );
  // pino has no formatter for the bindings of children; children inherit from the root, and this with it.
  const { child } = log;
  log.child = function masked(this: Log, ...[bindings, childOptions]: Parameters<typeof child>) {
    return child.call(this, maskKeys(bindings), childOptions);
  } as typeof child;
  return log;
}

/** Loaded for a terminal only: a service that writes to a file or a container's log starts without it. */
async function prettyStream(target: NonNullable<LogOptions["destination"]>): Promise<DestinationStream> {
  const { default: pretty } = await import("pino-pretty");
  return pretty({ colorize: typeof target === "number", destination: target, sync: true, ignore: "pid,hostname", translateTime: "SYS:HH:MM:ss" });
}
