/** The service as a process: settings from the environment, start, stop on signal. */
import { Fault } from "./core/fault.js";
import { readDestinations } from "./destinations-file.js";
import { EXIT_CODE_SETTINGS, settingsFromProcess, SettingsError, type Settings } from "./settings.js";
import { firstStart } from "./first-start.js";
import { startService, type Service } from "./start.js";
import { createLog, type Log } from "./system/log.js";

async function main(): Promise<void> {
  const settings = settingsFromProcess();
  // Rows on standard output leave it to the rows.
  const rowsOnStdout = [...readDestinations(settings).values()].some((destination) => destination.type === "stdout");
  const destination = rowsOnStdout ? 2 : 1;
  const log = createLog({ level: settings.logLevel, pretty: rowsOnStdout ? process.stderr.isTTY === true : process.stdout.isTTY === true, destination });
  const service = await startService(settings, { log, environment: process.env, stdout: process.stdout });
  log.info({ url: service.url, dataDir: settings.dataDir }, "the collector is up");
  if (service.newAccessKey) process.stderr.write(firstStart(service.url, service.newAccessKey));
  stopOnSignal(service, log, settings);
}

function stopOnSignal(service: Service, log: Log, settings: Settings): void {
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) process.exit(130);
    stopping = true;
    log.info({ signal }, "stopping");
    const hard = setTimeout(() => {
      log.error("the stop took too long; rows under way may be delivered again");
      process.exit(1);
    }, settings.shutdownMs);
    hard.unref();
    service.stop().then(
      () => {
        log.info("stopped");
        process.exit(0);
      },
      (thrown: unknown) => {
        log.error(thrown);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
}

/** One sentence on standard error, and the exit code that supervisors understand: 78 = somebody must change something. */
function refuse(thrown: unknown): never {
  const ours = thrown instanceof SettingsError || thrown instanceof Fault;
  const busy = thrown instanceof Error && "code" in thrown && (thrown.code === "EADDRINUSE" || thrown.code === "EACCES" || thrown.code === "EADDRNOTAVAIL");
  const text = busy ? `COLLECTOR_HOST and COLLECTOR_PORT: ${thrown.message}: choose another port, or stop what uses it.` : thrown instanceof Error ? (ours ? thrown.message : String(thrown.stack)) : String(thrown);
  process.stderr.write(`${text}\n`);
  const configured = thrown instanceof SettingsError || busy || (thrown instanceof Fault && thrown.remedy === "configure");
  process.exit(configured ? EXIT_CODE_SETTINGS : 1);
}

main().catch(refuse);
