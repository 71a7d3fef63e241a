/** The emulator's own pages, for people and tests: status, ledger, and the switches of the faults. */
import { jsonAnswer, type WholeAnswer } from "./answer.js";
import { bodyText, type Call } from "./call.js";
import { EMULATED_FAULTS, faultName, readFaultRule } from "./fault-catalogue.js";
import type { Faults } from "./faults.js";

export interface ControlViews {
  readonly faults: Faults;
  status(): unknown;
  ledger(): unknown;
}

/** Paths below /emulator; undefined for one that is not there. */
export function answerControl(call: Call, views: ControlViews): WholeAnswer | undefined {
  const [, , area, name, ...rest] = call.path.split("/");
  if (rest.length > 0) return undefined;
  if (area === "faults") return answerFaults(call, views.faults, name);
  if (name !== undefined || call.method !== "GET") return undefined;
  if (area === "status") return jsonAnswer(200, views.status());
  if (area === "ledger") return jsonAnswer(200, views.ledger());
  return undefined;
}

function answerFaults(call: Call, faults: Faults, given: string | undefined): WholeAnswer {
  const refuse = (status: number, message: string): WholeAnswer => jsonAnswer(status, { status, message });
  const name = given === undefined ? undefined : faultName(given);
  if (given !== undefined && name === undefined) return refuse(404, `No fault is named "${given}"; there are ${Object.keys(EMULATED_FAULTS).join(", ")}.`);
  if (call.method === "PUT" && name !== undefined) {
    const rule = readFaultRule(parseBody(bodyText(call)));
    if (typeof rule === "string") return refuse(400, rule);
    faults.set(name, rule);
  } else if (call.method === "DELETE") faults.clear(name);
  else if (call.method !== "GET") return refuse(405, "GET shows, PUT /emulator/faults/{name} switches on, DELETE switches off.");
  const list = faults.list();
  return jsonAnswer(200, name === undefined ? list : list.find((entry) => entry.name === name));
}

/** An empty body is a rule without bounds; what is no JSON becomes a string and is refused as such. */
function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
