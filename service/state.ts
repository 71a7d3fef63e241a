/** Opens the state that the settings name: the data folder, or PostgreSQL once it is this process's turn. */
import { Fault } from "./core/fault.js";
import type { DatabaseSettings } from "./database-settings.js";
import { resourceOf } from "./identity/azure-resources.js";
import type { ManagedIdentity } from "./identity/managed-identity.js";
import type { Clock } from "./ports.js";
import type { Settings } from "./settings.js";
import { openStore } from "./store/index.js";
import type { PostgresConnection } from "./store/postgres.js";
import type { Turn } from "./store/postgres-turn.js";

type OpenedStore = Awaited<ReturnType<typeof openStore>>;

/** Why the state is not open yet, for /readyz and the log; without secrets. */
export interface Waiting {
  /** standby: another process works on the same database; unreachable: the database does not answer or refuses. */
  readonly why: "standby" | "unreachable";
  readonly text: string;
}

export interface StatePorts {
  readonly clock: Clock;
  readonly managedIdentity: ManagedIdentity;
  readonly onWait: (waiting: Waiting) => void;
  /** Another process took over while the database was out of reach. */
  readonly onTaken: () => void;
}

export interface State {
  readonly store: OpenedStore;
  /** False while it is not certain that no other process works on the database. */
  readonly held: () => boolean;
  close(): Promise<void>;
}

const STANDBY: Waiting = { why: "standby", text: "another collector works on this database: this one waits until it ends" };
const RETRY_MS = 2000;

/** Throws Fault store-refused, key-wrong and others of the store, or the signal's reason. */
export async function openState(settings: Settings, ports: StatePorts, signal: AbortSignal): Promise<State> {
  const encryptionKey = settings.encryptionKey?.toString("base64");
  const { database } = settings;
  if (database === undefined) {
    const store = await openStore({ kind: "embedded", folder: settings.dataDir, ...(encryptionKey ? { encryptionKey } : {}) }, ports);
    return { store, held: () => true, close: () => store.close() };
  }
  if (encryptionKey === undefined) throw new Fault("store-refused", { detail: "an encryption key must be given with PostgreSQL" });
  const connection = connectionTo(database, ports.managedIdentity);
  // The driver of PostgreSQL comes with it.
  const { takeTurn } = await import("./store/postgres-turn.js");
  const turn = await takeTurn({ connection, clock: ports.clock, onTaken: ports.onTaken, onWait: (fault) => ports.onWait(fault ? unreachable(fault) : STANDBY) }, signal);
  try {
    const store = await patiently(() => openStore({ kind: "shared", postgres: connection, encryptionKey }, ports), ports, signal);
    return { store, held: turn.held, close: () => closeBoth(store, turn) };
  } catch (thrown) {
    await turn.release();
    throw thrown;
  }
}

/** What `pg` is given; the token is asked for at each login, and a login happens for each new connection. */
export function connectionTo(database: DatabaseSettings, identity: ManagedIdentity): PostgresConnection {
  const { connectionString, host, port, name, user, tls, login } = database;
  const given = login.kind === "password" ? login.password : undefined;
  const resource = resourceOf("database", host ?? hostOf(connectionString));
  const password = login.kind === "token" ? () => identity.token(resource) : given === undefined ? undefined : async () => given;
  return {
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(host === undefined ? {} : { host }),
    port,
    ...(name === undefined ? {} : { database: name }),
    ...(user === undefined ? {} : { user }),
    ssl: tls,
    ...(password === undefined ? {} : { password }),
  };
}

/** A database that does not answer for a while is waited for, also at the start: restarting would not make it come sooner. */
async function patiently<Value>(open: () => Promise<Value>, { clock, onWait }: StatePorts, signal: AbortSignal): Promise<Value> {
  for (;;) {
    try {
      return await open();
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.remedy !== "retry") throw thrown;
      onWait(unreachable(thrown));
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

function unreachable(fault: Error): Waiting {
  return { why: "unreachable", text: fault.message };
}

async function closeBoth(store: OpenedStore, turn: Turn): Promise<void> {
  // The store first: whoever waits must find everything committed.
  await store.close();
  await turn.release();
}

function hostOf(url: string | undefined): string {
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : "";
}
