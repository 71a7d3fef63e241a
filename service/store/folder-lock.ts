/**
 * One process at a time holds the data folder. The lock is SQLite's own exclusive lock on an empty database (fcntl), so the operating
 * system gives it up when the process dies, however it dies; the note beside it only says to people who holds it.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import type { Clock } from "../ports.js";
import { Fault } from "../core/fault.js";
import { sqliteOpenFault } from "./sqlite-fault.js";

const LOCK_FILE = "collector.lock";
const HOLDER_FILE = "collector.lock.json";
const BUSY = 5;

export interface FolderLock {
  /** Lets the next one in. May be called again. */
  release(): void;
}

/** A lock whose handle is collected would be given up silently: those that are held are kept here. */
const held = new Set<FolderLock>();

/** Takes the folder. Throws Fault store-refused that says who holds it and since when. */
export function lockFolder(folder: string, clock: Clock): FolderLock {
  const path = join(folder, LOCK_FILE);
  // Only exec() on this handle: a prepared statement would hold the lock past close(). And nobody may open
  // the lock file by fs in this process: closing it would drop the lock.
  const handle = takeLock(folder, path);
  const holderPath = join(folder, HOLDER_FILE);
  const lock: FolderLock = {
    release() {
      if (!held.delete(lock)) return;
      rmSync(holderPath, { force: true });
      handle.exec("ROLLBACK");
      handle.close();
    },
  };
  held.add(lock);
  writeHolder(holderPath, clock, lock);
  return lock;
}

function takeLock(folder: string, path: string): InstanceType<typeof Libsql> {
  let handle: InstanceType<typeof Libsql> | undefined;
  try {
    handle = new Libsql(path);
    handle.exec("BEGIN EXCLUSIVE");
    return handle;
  } catch (error) {
    handle?.close();
    if (error instanceof Error && "rawCode" in error && error.rawCode === BUSY) throw new Fault("store-refused", { detail: heldSentence(folder) });
    throw sqliteOpenFault(path, error);
  }
}

function writeHolder(path: string, clock: Clock, lock: FolderLock): void {
  try {
    const note = { pid: process.pid, host: hostname(), since: new Date(clock.nowMs()).toISOString() };
    writeFileSync(`${path}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    lock.release();
    throw sqliteOpenFault(path, error);
  }
}

function heldSentence(folder: string): string {
  const remedy = "One collector at a time may use it: stop that process, or set COLLECTOR_DATA_DIR to another folder";
  return `the data folder ${folder} is held by ${holder(join(folder, HOLDER_FILE))}. ${remedy}`;
}

function holder(path: string): string {
  try {
    const note = JSON.parse(readFileSync(path, "utf8")) as { pid?: unknown; host?: unknown; since?: unknown };
    return `process ${String(note.pid)} on host ${String(note.host)} since ${String(note.since)}`;
  } catch {
    return "another process that has just started";
  }
}
