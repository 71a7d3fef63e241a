import { Fault } from "../core/fault.js";

/** No room, no quota left, or the file may not grow further (POSIX errno names). */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** A failed file operation as Fault destination-full or destination-error; names the errno code and the path. */
export function diskFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  return new Fault(FULL.has(code) ? "destination-full" : "destination-error", { detail: `${code}: ${path}`, cause: error });
}
