/** Bugs planted on purpose, as wrappers of ports: the simulation must find each. */
import type { AppPorts } from "../../service/app.js";

export interface Planted {
  readonly name: string;
  ports?(ports: AppPorts): AppPorts;
}
