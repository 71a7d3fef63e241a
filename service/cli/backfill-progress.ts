/** Waits for a backfill: one line that stands still on a terminal, a line when something has changed elsewhere. */
import { setTimeout as sleep } from "node:timers/promises";
import { createLogUpdate } from "log-update";
import { callApi, type ApiAddress } from "./call-api.js";
import { stateOf, type StatusSeen } from "./look.js";
import { lengthOf } from "./print.js";

const LOOK_MS = 1000;

export interface Followed {
  readonly name: string;
  /** Of the source. */
  readonly path: string;
  readonly id: string;
}

/** Resolves when the source has no such backfill any more. */
export async function followBackfill(address: ApiAddress, { name, path, id }: Followed): Promise<void> {
  const { stderr } = process;
  const redraw = stderr.isTTY ? createLogUpdate(stderr) : undefined;
  const tell = (line: string): void => (redraw ? redraw(line) : void stderr.write(`${line}\n`));
  let said = "";
  for (;;) {
    const { status } = (await callApi(address, "GET", `${path}/status`)) as { status: StatusSeen };
    const mine = status.backfills.find((backfill) => backfill.id === id);
    const line = mine ? progress(name, mine, status) : `${name}: the backfill is done.`;
    if (line !== said) tell(line);
    said = line;
    if (!mine) break;
    await sleep(LOOK_MS);
  }
  redraw?.done();
}

function progress(name: string, { seconds, leftSeconds }: StatusSeen["backfills"][number], status: StatusSeen): string {
  const done = seconds > 0 ? Math.floor((100 * (seconds - leftSeconds)) / seconds) : 100;
  return `${name}: ${done} %, ${lengthOf(leftSeconds)} of ${lengthOf(seconds)} left, ${status.totals.rowsDelivered} rows delivered in all; ${stateOf(status)}`;
}
