/** A real PostgreSQL for the tests: a server of its own in a folder of its own, gone with the process that asked for it. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostgresConnection } from "../../service/store/postgres.js";

export interface PostgresServer {
  /** A connection that sees this schema only. Schemas are made and dropped many times faster than databases. */
  connection(schema: string, user?: string): PostgresConnection;
  start(): Promise<void>;
  /** Ends all connections and the server; its data stay. */
  stop(): Promise<void>;
  /** Stops and removes everything. */
  dispose(): Promise<void>;
}
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

const USER = "collector";
/** A role of this name, once made, needs its password; the others need none. */
export const GUARDED_USER = "guarded";
const DEBIAN_BINARIES = "/usr/lib/postgresql/15/bin";
const SOCKET_PATH_BYTES_MAX = 100;

/** Why no server can be had on this machine; undefined when one can. */
export function postgresObstacle(): string | undefined {
  for (const name of ["initdb", "postgres"]) {
    if (spawnSync(binary(name), ["--version"]).status !== 0) return `${name} of PostgreSQL 15 is not on the PATH`;
  }
  if (!account()) return "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as";
  if (tmpdir().length > SOCKET_PATH_BYTES_MAX) return "the path of the temporary folder is too long for a socket";
  return undefined;
}

/** Makes the data and starts the server. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const owner = account() ?? {};
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, "data");
  const made = spawnSync(binary("initdb"), ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], { ...owner, cwd: folder, encoding: "utf8" });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const rules = join(data, "pg_hba.conf");
  writeFileSync(rules, `local all ${GUARDED_USER} scram-sha-256\n${readFileSync(rules, "utf8")}`);
  let running: ChildProcess | undefined;
  const server: PostgresServer = {
    connection: (schema, user = USER) => ({
      connectionString: `postgres://${user}@${encodeURIComponent(folder)}/postgres?options=${encodeURIComponent(`-c search_path=${schema}`)}`,
    }),
    async start() {
      running = await launch(data, folder, owner);
    },
    async stop() {
      const process = running;
      running = undefined;
      if (!process) return;
      process.stdin?.end();
      if (process.exitCode === null) await once(process, "exit");
    },
    async dispose() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** The shell outlives the server only to end it when our end of its standard input closes, also by kill -9. */
const KEEPER = 'server="$1"; shift; "$server" "$@" & read -r _; kill -INT $!; wait $!';

async function launch(data: string, folder: string, owner: Account): Promise<ChildProcess> {
  const settings = ["listen_addresses=", `unix_socket_directories=${folder}`, "fsync=off", "max_connections=60"].flatMap((setting) => ["-c", setting]);
  const child = spawn("sh", ["-c", KEEPER, "keeper", binary("postgres"), "-D", data, ...settings], { ...owner, cwd: folder, stdio: ["pipe", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (/database system is ready to accept connections/.test(said)) resolve();
      else if (/FATAL:/.test(said)) reject(new Error(`postgres did not start: ${said}`));
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`postgres ended: ${said}`)));
  });
  return child;
}

function binary(name: string): string {
  const path = join(DEBIAN_BINARIES, name);
  return existsSync(path) ? path : name;
}

/** Who runs the server: ourselves, or for root somebody else. */
function account(): Account | undefined {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync("/etc/passwd", "utf8").split("\n").map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  return user && { uid: Number(user[2]), gid: Number(user[3]) };
}
