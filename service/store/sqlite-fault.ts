import { Fault } from "../core/fault.js";

/** Result codes of SQLite (https://www.sqlite.org/rescode.html); extended ones hold the primary one in the low byte. */
const FULL = 13;
const IOERR_WRITE = 778;
const IOERR_SHMSIZE = 4874;
/** READONLY, CORRUPT, CANTOPEN, PERM, NOTADB, AUTH: nothing that passes by itself. */
const LASTING = new Set([8, 11, 14, 3, 26, 23]);

/** What libsql threw, as a Fault: no room is store-full, everything else store-failed. */
export function sqliteFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = resultCode(error);
  const detail = sentence(error);
  const full = (code & 0xff) === FULL || code === IOERR_WRITE || code === IOERR_SHMSIZE;
  return new Fault(full ? "store-full" : "store-failed", { detail, cause: error });
}

/** The same for what happens while a file is opened: what does not pass by itself refuses the start. */
export function sqliteOpenFault(path: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = resultCode(error);
  if (isNoRoom(error)) return new Fault("store-full", { detail: `${path}: ${sentence(error)}`, cause: error });
  if (code !== 0 && !LASTING.has(code & 0xff)) return sqliteFault(error);
  const remedy = code === 26 || code === 11
    ? "It is damaged or not a database: restore it from a backup, or move it away to begin with an empty store"
    : "Check that the folder is there and that the collector may write it";
  return new Fault("store-refused", { detail: `${path}: ${sentence(error)}. ${remedy}`, cause: error });
}

/** The file system's own words for a full disk or quota. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function resultCode(error: unknown): number {
  const raw = error instanceof Error && "rawCode" in error ? error.rawCode : undefined;
  return typeof raw === "number" ? raw : 0;
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" && error.code !== "" ? `${error.message} (${error.code})` : error.message;
}
