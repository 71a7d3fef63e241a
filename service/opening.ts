/** What a start opens first: the state, and the HTTP server that answers probes while the state is waited for. */
import type { Azure } from "./azure.js";
import { openFrontDoor, type FrontDoor } from "./front-door.js";
import type { Settings } from "./settings.js";
import { openState, type State, type Waiting } from "./state.js";
import { systemClock } from "./system/clock.js";
import type { Log } from "./system/log.js";

export interface OpeningOptions {
  readonly log: Log;
  /** Ends an opening that still waits for its turn or for the database. */
  readonly signal?: AbortSignal;
  /** Another process took over the database while this one could not reach it: it must end. */
  readonly onTaken?: () => void;
}

/**
 * The state and the HTTP server. A shared database may have to be waited for, and probes want an answer meanwhile: the server comes
 * first. The data folder is had at once or not at all, and whoever holds it is told before a taken port. Requests wait until the
 * sources are loaded: a 404 for a source that is only not loaded yet would make Terraform create it anew.
 */
export async function openBoth(settings: Settings, { log, signal, onTaken }: OpeningOptions, { managedIdentity }: Pick<Azure, "managedIdentity">): Promise<{ state: State; door: FrontDoor }> {
  const ports = { clock: systemClock, managedIdentity, onTaken: onTaken ?? (() => undefined) };
  const never = new AbortController().signal;
  if (settings.database === undefined) {
    const state = await openState(settings, { ...ports, onWait: () => undefined }, signal ?? never);
    const door = await openFrontDoor(settings, log).catch((thrown: unknown) => state.close().then(() => Promise.reject(thrown)));
    return { state, door };
  }
  const door = await openFrontDoor(settings, log);
  let said = "";
  const onWait = (waiting: Waiting): void => {
    door.wait(waiting);
    if (waiting.text !== said) log.warn({ why: waiting.why }, waiting.text);
    said = waiting.text;
  };
  try {
    const state = await openState(settings, { ...ports, onWait }, signal ?? never);
    door.hold();
    return { state, door };
  } catch (thrown) {
    door.shut();
    door.close();
    throw thrown;
  }
}
