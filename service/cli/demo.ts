/** `collector demo`: emulator, collector, embedded store and a file destination in one process, with live progress. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { readSettings, type Settings } from "../settings.js";
import { startService, type Service } from "../start.js";
import { systemClock } from "../system/clock.js";
import { createLog } from "../system/log.js";
import { startEmulator } from "./emulator.js";
import { DEMO_ACCESS, examplesFor, postMissing } from "./demo-definitions.js";
import { showProgress } from "./demo-progress.js";
import { DemoState } from "./demo-state.js";
import { verdictOf, type DemoVerdict } from "./demo-verdict.js";
import { amount, integer } from "./numbers.js";
import { untilSignal } from "./until-signal.js";

interface DemoOptions {
  readonly rows?: number;
  readonly exit?: boolean;
  readonly data?: string;
  readonly rowsPerSecond?: number;
  readonly port: number;
}
const DEMO_FOLDER = "demo-data";
const SECONDS_MAX = 600;

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("see rows travel: emulated Microsoft 365 -> collector -> files, no account needed")
    .option("--rows <number>", "produce this many rows, over both tenants", integer(2))
    .option("--exit", "end when they are delivered; exit 0 only if none is lost or repeated")
    .option("--data <folder>", `where state and rows are kept (default: ${DEMO_FOLDER}; with --exit a temporary folder)`)
    .option("--rows-per-second <number>", "mail flow over both tenants", amount)
    .option("--port <port>", "port of the API and the status page; taken if it is free", integer(0, 65535), 8080)
    .addHelpText("after", "\nExamples:\n  npm run demo\n  npm run demo -- --rows 2000 --exit")
    .action(async (options: DemoOptions) => {
      const folder = options.data === undefined && options.exit ? await mkdtemp(join(tmpdir(), "collector-demo-")) : resolve(options.data ?? DEMO_FOLDER);
      const passed = await runDemo(folder, options);
      if (options.data === undefined && options.exit) await rm(folder, { recursive: true, force: true });
      process.exitCode = passed ? 0 : 1;
    });
}

async function runDemo(folder: string, options: DemoOptions): Promise<boolean> {
  const state = await DemoState.open(folder);
  const rowsPerSecond = options.rowsPerSecond ?? (options.exit ? Math.max(20, (options.rows ?? 1000) / 10) : 8);
  const flows = await state.flows({ rowsPerSecond, ...(options.rows === undefined ? {} : { rows: options.rows }) });
  const { emulator, served } = await startEmulator({ port: 0, seed: state.seed, ...flows });
  const service = await startDemoService(folder, options.port, served.url);
  await postMissing(service, state.startedMs);
  process.stdout.write(intro(folder, service));
  const progress = showProgress(service, emulator, process.stdout);
  const asked = untilSignal();
  const finished = options.exit ? untilDelivered(folder, options.rows ?? Number.POSITIVE_INFINITY, emulator) : new Promise<never>(() => undefined);
  await Promise.race([asked, finished]);
  progress.stop();
  await state.remember(emulator.stopFlow());
  await service.stop();
  await served.close();
  const verdict = await verdictOf(folder, emulator);
  process.stdout.write(options.exit ? verdict.text : verdict.interim);
  return options.exit ? verdict.passed && verdict.produced >= (options.rows ?? 0) : verdict.sound;
}

async function startDemoService(folder: string, port: number, emulatorUrl: string): Promise<Service> {
  const base = readSettings({
    COLLECTOR_DATA_DIR: join(folder, "collector"),
    COLLECTOR_ACCESS_ID: DEMO_ACCESS.accessId,
    COLLECTOR_ACCESS_KEY: DEMO_ACCESS.accessKey,
    COLLECTOR_MICROSOFT_LOGIN_URL: `${emulatorUrl}/login`,
    COLLECTOR_MICROSOFT_GRAPH_URL: `${emulatorUrl}/graph`,
    COLLECTOR_MICROSOFT_REPORTING_URL: `${emulatorUrl}/reporting`,
  });
  const log = await createLog({ level: "error", pretty: process.stdout.isTTY === true, destination: 2 });
  const start = (settings: Settings) => startService(settings, { log, environment: {}, stdout: process.stdout });
  // The usual port may be taken by a collector that runs already: any other will do for a demo.
  return start({ ...base, port }).catch((thrown: unknown) => {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EADDRINUSE") return start({ ...base, port: 0 });
    throw thrown;
  });
}

function intro(folder: string, service: Service): string {
  const { accessId, accessKey } = DEMO_ACCESS;
  return [
    "",
    `  rows         ${join(folder, "collector", "rows")}`,
    `  API          ${service.url}/api/v1/sources   (access id ${accessId}, access key ${accessKey})`,
    `  status page  ${service.url.replace("://", `://${accessId}:${accessKey}@`)}/`,
    `  definitions  ${examplesFor(0).map(({ config }) => config.name).join(", ")}`,
    "",
    "  Ctrl-C stops; run again and it goes on where it was.",
    "",
    "",
  ].join("\n");
}

/** Waits until everything that was asked for is produced, shown and delivered in its last state, or for ten minutes. */
async function untilDelivered(folder: string, rows: number, emulator: Parameters<typeof verdictOf>[1]): Promise<void> {
  for (const startedMs = systemClock.nowMs(); systemClock.nowMs() - startedMs < SECONDS_MAX * 1000; ) {
    await systemClock.sleep(1000);
    const { tenants } = emulator.status();
    const visible = tenants.reduce((sum, tenant) => sum + tenant.visible, 0);
    if (visible < rows) continue;
    const verdict: DemoVerdict = await verdictOf(folder, emulator);
    if (verdict.settled) return;
  }
}
