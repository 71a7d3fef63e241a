/** The state of a source in the vendor's words (sumo-contract 4.1): Pending, Initialized, Authenticated, Collecting, Error, Stopping. */
import type { HealthView } from "../core/health.js";

export interface StateForm extends Omit<HealthView, "state"> {
  readonly state: Exclude<HealthView["state"], "Authenticating">;
}

/** Ours knows one phase more, which the status page shows: a client of the vendor's API would not know the word. */
export function stateForm({ state, ...rest }: HealthView): StateForm {
  return { state: state === "Authenticating" ? "Initialized" : state, ...rest };
}
