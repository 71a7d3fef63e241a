/** Whose turn it is to work on a shared database: one process at a time, the others wait. */
import { Client } from "pg";
import type { Clock } from "../ports.js";
import { poolConfig, postgresFault, type PostgresConnection } from "./postgres.js";

export interface TurnPorts {
  readonly connection: PostgresConnection;
  readonly clock: Clock;
  /** Told at each try that fails: the database's fault, or nothing when another process has the turn. */
  readonly onWait: (fault?: Error) => void;
  /** The connection was lost and another process took the turn meanwhile: this one must end. */
  readonly onTaken: () => void;
}

export interface Turn {
  /** False while the connection that holds it is being made anew. */
  readonly held: () => boolean;
  /** Gives the turn to whoever waits. May be called again. */
  release(): Promise<void>;
}

/** First key of the lock; any constant, the same in all versions. The second is the schema, so that several collectors fit into one database. */
const TURN_LOCK = 730_203;
/** How often a waiting process looks, ms. */
const LOOK_MS = 1000;
/** How often the holder makes sure that its connection lives, ms: nothing else is ever said on it. */
const PROOF_MS = 30_000;

/**
 * Waits for the turn and holds it until `release`: a session lock, which the server gives free when the process dies.
 * Commits are fenced by revision besides: a holder whose connection was cut can lose time by it, never rows.
 * Rejects with the signal's reason.
 */
export async function takeTurn(ports: TurnPorts, signal: AbortSignal): Promise<Turn> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let session = await waitForLock(ports, either);
  let held = true;

  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await lost(session, ports.clock, over.signal);
      if (over.signal.aborted) return;
      held = false;
      const regained = await regain(ports, over.signal);
      if (regained === "taken") return ports.onTaken();
      session = regained;
      held = true;
    }
  };
  const watching = watch().catch(() => undefined);
  return {
    held: () => held,
    async release() {
      over.abort();
      await watching;
      await session.end().catch(() => undefined);
    },
  };
}

async function waitForLock({ connection, clock, onWait }: TurnPorts, signal: AbortSignal): Promise<Client> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const session = await tryLock(connection);
      if (session) return session;
      onWait();
    } catch (thrown) {
      onWait(postgresFault(thrown));
    }
    await clock.sleep(LOOK_MS, signal);
  }
}

/** After a lost connection: the lock again, or the news that somebody else has it. */
async function regain({ connection, clock }: TurnPorts, signal: AbortSignal): Promise<Client | "taken"> {
  for (;;) {
    try {
      return (await tryLock(connection)) ?? "taken";
    } catch {
      await clock.sleep(LOOK_MS, signal);
    }
  }
}

/** A session that holds the lock; undefined when another one does. Throws what pg throws. */
async function tryLock(connection: PostgresConnection): Promise<Client | undefined> {
  const session = new Client(poolConfig(connection));
  session.on("error", () => undefined); // its end tells
  try {
    await session.connect();
    const { rows } = await session.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1, hashtext(current_schema())) AS locked", [TURN_LOCK]);
    if (rows[0]?.locked === true) return session;
    await session.end();
    return undefined;
  } catch (thrown) {
    await session.end().catch(() => undefined);
    throw thrown;
  }
}

/** Resolves when the session is over, or when the signal is aborted. */
async function lost(session: Client, clock: Clock, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const end = (): void => done.abort();
  session.once("end", end);
  const either = AbortSignal.any([done.signal, signal]);
  try {
    while (!either.aborted) {
      await session.query("SELECT 1");
      await clock.sleep(PROOF_MS, either);
    }
  } catch {
    // the session ended, or nobody wants to know any more
  } finally {
    session.off("end", end);
  }
}
