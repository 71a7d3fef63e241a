/** `collector emulator`: Microsoft's endpoints and a log platform on loopback, with mail that flows and faults by name. */
import type { Command } from "commander";
import { createEmulator, type Emulator } from "../emulator/emulator.js";
import { demoTenants } from "../emulator/demo-tenants.js";
import { EMULATED_FAULTS } from "../emulator/fault-catalogue.js";
import type { FlowOptions } from "../emulator/flow-options.js";
import { serveEmulator, type ServedEmulator } from "../emulator/serve-emulator.js";
import { systemClock } from "../system/clock.js";
import { examplesFor } from "./demo-definitions.js";
import { amount, integer, share } from "./numbers.js";
import { printLines } from "./print.js";
import { untilSignal } from "./until-signal.js";

interface EmulatorCommandOptions {
  readonly port: number;
  readonly seed: number;
  readonly rowsPerSecond: number;
  readonly rows?: number;
  readonly late: number;
  readonly lateSeconds: number;
  readonly changing: number;
  readonly changeSeconds: number;
  readonly fromMs?: number;
}

export function addEmulator(program: Command): void {
  program
    .command("emulator")
    .description("run Microsoft's token, Graph and reporting endpoints and a Sumo-shaped receiver on loopback")
    .option("--port <port>", "port on 127.0.0.1; 0 takes a free one", integer(0, 65535), 9080)
    .option("--seed <number>", "mail, chance and secrets come from it", integer(0), 1)
    .option("--rows-per-second <number>", "mail flow of each of the two tenants", amount, 2)
    .option("--rows <number>", "end of production, per tenant", integer(1))
    .option("--late <share>", "share of rows that show late", share, 0.05)
    .option("--late-seconds <number>", "how late at the most", amount, 86_400)
    .option("--changing <share>", "share of rows that change their status", share, 0.1)
    .option("--change-seconds <number>", "how long until their last status at the most", amount, 21_600)
    .option("--from-ms <instant>", "mail flows since this instant, ms since the epoch; default now", integer(0))
    .addHelpText("after", `\nExamples:\n  collector emulator\n  collector emulator --port 0 --rows-per-second 20 --rows 1000\n\nFaults are switched by HTTP while it runs:\n  curl -X PUT http://127.0.0.1:9080/emulator/faults/html -d '{"times":3}'\n  curl http://127.0.0.1:9080/emulator/faults\nKnown: ${Object.keys(EMULATED_FAULTS).join(", ")}`)
    .action(async (options: EmulatorCommandOptions) => {
      const flow: FlowOptions = {
        segments: [{ fromMs: options.fromMs ?? systemClock.nowMs() }],
        rowsPerSecond: options.rowsPerSecond,
        shareLate: options.late,
        lateMsMax: options.lateSeconds * 1000,
        shareChanging: options.changing,
        changeMsMax: options.changeSeconds * 1000,
        ...(options.rows === undefined ? {} : { rowsMax: options.rows }),
      };
      const { served } = await startEmulator({ port: options.port, seed: options.seed, flow });
      // Before anything is told: whoever reads it may end us at once.
      const ended = untilSignal();
      printLines(
        `emulator at ${served.url}`,
        ...settingsFor(served.url),
        `faults and ledger: ${served.url}/emulator/status`,
        "Start a collector with these settings, and post it a definition of each tenant:",
        ...examplesFor(flow.segments[0]!.fromMs).map((definition) => JSON.stringify(definition)),
      );
      await ended;
      await served.close();
    });
}

/** The variables that lead a collector to an emulator. */
export function settingsFor(url: string): string[] {
  return [`COLLECTOR_MICROSOFT_LOGIN_URL=${url}/login`, `COLLECTOR_MICROSOFT_GRAPH_URL=${url}/graph`, `COLLECTOR_MICROSOFT_REPORTING_URL=${url}/reporting`];
}

/** An emulator of the two demo tenants behind a socket on loopback. */
export async function startEmulator(options: { port: number; seed: number; flow: FlowOptions; reportingFlow?: FlowOptions }): Promise<{ emulator: Emulator; served: ServedEmulator }> {
  const emulator = createEmulator({
    clock: systemClock,
    seed: options.seed,
    baseUrl: `http://127.0.0.1:${options.port}`,
    tenants: demoTenants(options.flow, options.reportingFlow ?? options.flow),
  });
  const served = await serveEmulator(emulator, { host: "127.0.0.1", port: options.port, clock: systemClock });
  return { emulator, served };
}
