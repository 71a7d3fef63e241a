/** How long a start of the compiled service takes: `npm run bench:start` prints the table and writes docs/start-up.md. `--rounds N` (default 11). */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ENVIRONMENT, PROBES } from "../../service/environment.js";
import { ACCESS, Collector } from "../e2e/collector.js";
import { compileService } from "../e2e/compiled.js";
import { loadedCode } from "../start/loaded-code.js";
import { postgresObstacle, startPostgresServer, type PostgresServer } from "../store/postgres-server.js";

/** A kind of start; `environment` is asked before each, so that each can have a folder of its own. */
interface Kind {
  readonly what: string;
  environment(): Promise<Readonly<Record<string, string>>>;
}
interface Times {
  readonly liveMs: number;
  readonly readyMs: number;
  /** Undefined where there is no /proc. */
  readonly processorMs: number | undefined;
}

const LOOK_MS = 5;
const SOURCES = 10;
const PATIENCE_MS = 60_000;
/** Of Linux on all machines that Node runs on. */
const TICK_MS = 10;
const NOWHERE = "http://127.0.0.1:9";
const ACCESS_ENVIRONMENT = { [ENVIRONMENT.accessId]: ACCESS.accessId, [ENVIRONMENT.accessKey]: ACCESS.accessKey };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then((response) => response.text().then(() => response.ok), () => false);
}

async function answered(url: string, startedMs: number): Promise<number> {
  while (!(await answers(url))) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`${url} does not answer`);
    await sleep(LOOK_MS);
  }
  return performance.now() - startedMs;
}

/** User and system time of a process so far. */
async function processorMs(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function timeStart(main: readonly string[], kind: Kind): Promise<Times> {
  const port = await freePort();
  const environment = { PATH: process.env["PATH"] ?? "", NODE_ENV: "production", [ENVIRONMENT.port]: String(port), ...(await kind.environment()) };
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...main], { env: environment, stdio: "ignore" });
  const ended = once(child, "exit");
  try {
    const liveMs = await answered(`http://127.0.0.1:${port}${PROBES.live}`, startedMs);
    const readyMs = await answered(`http://127.0.0.1:${port}${PROBES.ready}`, startedMs);
    return { liveMs, readyMs, processorMs: await processorMs(child.pid!) };
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

/** Node by itself: what no change of ours can make shorter. */
function timeNode(): number {
  const startedMs = performance.now();
  spawnSync(process.execPath, ["--eval", "0"]);
  return performance.now() - startedMs;
}

/** A data folder with sources whose Microsoft cannot be reached: they are loaded and begin their turns. */
async function folderWithSources(main: readonly string[], dataDir: string): Promise<void> {
  const collector = await Collector.start({ main, dataDir, microsoft: NOWHERE, access: ACCESS });
  for (let number = 1; number <= SOURCES; number++) {
    const id = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
    await collector.post({ schemaRef: { type: "MS Exchange Trace Logs" }, sourceType: "Universal", config: { name: `tenant-${number}`, clientID: id, tenantID: id, clientSecret: "a-secret-of-the-bench", pollingIntervalMin: "5m" } });
  }
  await collector.stop();
}

function kindsIn(folder: string, server: PostgresServer | undefined): readonly Kind[] {
  let count = 0;
  const fresh = (): string => join(folder, `data-${++count}`);
  const microsoft = Object.fromEntries([ENVIRONMENT.loginUrl, ENVIRONMENT.graphUrl, ENVIRONMENT.reportingUrl].map((name) => [name, NOWHERE]));
  const embedded: Kind[] = [
    { what: "first start, empty data folder (makes an access key)", environment: async () => ({ [ENVIRONMENT.dataDir]: fresh() }) },
    {
      what: `embedded store with ${SOURCES} sources`,
      async environment() {
        const dataDir = fresh();
        await cp(join(folder, "sources"), dataDir, { recursive: true });
        return { [ENVIRONMENT.dataDir]: dataDir, ...ACCESS_ENVIRONMENT, ...microsoft };
      },
    },
  ];
  if (!server) return embedded;
  const database = { [ENVIRONMENT.databaseUrl]: server.connection("public").connectionString!, [ENVIRONMENT.encryptionKey]: Buffer.alloc(32).toString("base64") };
  return [...embedded, { what: "PostgreSQL by a local socket, no sources", environment: async () => ({ [ENVIRONMENT.dataDir]: fresh(), ...ACCESS_ENVIRONMENT, ...database }) }];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
function ms(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? "" : `${Math.round(median(known))} ms (${Math.round(Math.min(...known))} to ${Math.round(Math.max(...known))})`;
}

async function measure(rounds: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-start-"));
  const compiled = await compileService();
  const server = postgresObstacle() === undefined ? await startPostgresServer() : undefined;
  try {
    await folderWithSources(compiled.main, join(folder, "sources"));
    const kinds = kindsIn(folder, server);
    const times = kinds.map((): Times[] => []);
    const node: number[] = [];
    // In turn, so that what disturbs the machine disturbs all alike; the first round warms the disk's cache and does not count.
    for (let round = 0; round <= rounds; round++) {
      const alone = timeNode();
      if (round > 0) node.push(alone);
      for (const [index, kind] of kinds.entries()) {
        const one = await timeStart(compiled.main, kind);
        if (round > 0) times[index]!.push(one);
      }
    }
    const lines = [`| Node alone (\`node --eval 0\`) | ${ms(node)} | | | |`];
    for (const [index, { what, environment }] of kinds.entries()) {
      const { count } = await loadedCode(compiled.main, { [ENVIRONMENT.port]: "0", ...(await environment()) });
      const all = times[index]!;
      lines.push(`| ${what} | ${ms(all.map((one) => one.liveMs))} | ${ms(all.map((one) => one.readyMs))} | ${ms(all.map((one) => one.processorMs))} | ${count} |`);
    }
    return lines;
  } finally {
    await server?.dispose();
    await compiled.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } });
const rounds = Number(values.rounds);
const lines = await measure(rounds);
const table = ["| start | `/healthz` answers after | `/readyz` answers after | processor time until then | files loaded |", "| --- | ---: | ---: | ---: | ---: |", ...lines].join("\n");
process.stdout.write(`${table}\n`);
const page = `# How long a start takes

Written by \`npm run bench:start\`: the service as \`npm run build\` makes it, from the start of the process to the first answer with 200. Median, shortest and longest of
${rounds} starts, files in the disk's cache; Node ${process.version}, ${cpus().length} processors. Files are of the service and of packages, Node's own not counted.

${table}

Settings, log and store come first, then the HTTP server listens and answers \`/healthz\`; the rest of the code is loaded behind it, and requests that come meanwhile are held until the sources are
loaded. What a start has no use for (the other store's driver, the OAuth keys of bearer tokens, the YAML parser, git, colours for a terminal, the command line) is loaded when it is first used;
\`test/start/lean-start.test.ts\` holds the list, so that an import too many fails there and needs no stopwatch.
`;
await writeFile(new URL("../../docs/start-up.md", import.meta.url), page);
