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
  const log = await createLog({ level: settings.logLevel, pretty: rowsOnStdout ? process.stderr.isTTY === true : process.stdout.isTTY === true, destination });
  const starting = new AbortController();
  const signals = onSignals(log, settings, starting);
  const service = await startService(settings, {
    log,
    environment: process.env,
    stdout: process.stdout,
    signal: starting.signal,
    onTaken: () => signals.end("another collector took over the database while this one could not reach it", 1),
  });
  log.info({ url: service.url, ...(settings.database ? {} : { dataDir: settings.dataDir }) }, "the collector is up");
  if (service.newAccessKey) process.stderr.write(firstStart(service.url, service.newAccessKey));
  signals.started(service);
}

interface Signals {
  /** From now on a signal stops the service; before, it ends the start. */
  started(service: Service): void;
  /** Ends the process as a signal does. */
  end(reason: string, exitCode: number): void;
}

/** Handlers from the first moment: as process 1 of a container Node has no others. */
function onSignals(log: Log, settings: Settings, starting: AbortController): Signals {
  let service: Service | undefined;
  let ending: { readonly exitCode: number } | undefined;
  const end = (reason: string, exitCode: number): void => {
    if (ending) process.exit(130);
    ending = { exitCode };
    log.info({ reason }, "stopping");
    starting.abort(new Stopped());
    if (service) stopWithin(service, log, settings, exitCode);
  };
  process.on("SIGTERM", () => end("SIGTERM", 0));
  process.on("SIGINT", () => end("SIGINT", 0));
  return {
    started(running) {
      service = running;
      if (ending) stopWithin(running, log, settings, ending.exitCode);
    },
    end,
  };
}

/** A signal came while the start was still waiting. */
class Stopped extends Error {}

function stopWithin(service: Service, log: Log, settings: Settings, exitCode: number): void {
  const hard = setTimeout(() => {
    log.error("the stop took too long; rows under way may be delivered again");
    process.exit(1);
  }, settings.shutdownMs);
  hard.unref();
  service.stop().then(
    () => {
      log.info("stopped");
      process.exit(exitCode);
    },
    (thrown: unknown) => {
      log.error(thrown);
      process.exit(1);
    },
  );
}

/** One sentence on standard error, and the exit code that supervisors understand: 78 = somebody must change something. */
function refuse(thrown: unknown): never {
  if (thrown instanceof Stopped) process.exit(0);
  const ours = thrown instanceof SettingsError || thrown instanceof Fault;
  const busy = thrown instanceof Error && "code" in thrown && (thrown.code === "EADDRINUSE" || thrown.code === "EACCES" || thrown.code === "EADDRNOTAVAIL");
  const text = busy ? `COLLECTOR_HOST and COLLECTOR_PORT: ${thrown.message}: choose another port, or stop what uses it.` : thrown instanceof Error ? (ours ? thrown.message : String(thrown.stack)) : String(thrown);
  process.stderr.write(`${text}\n`);
  const configured = thrown instanceof SettingsError || busy || (thrown instanceof Fault && thrown.remedy === "configure");
  process.exit(configured ? EXIT_CODE_SETTINGS : 1);
}

main().catch(refuse);
