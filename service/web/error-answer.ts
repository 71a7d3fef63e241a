/** The one place where anything thrown becomes an answer, in the flat form of the Collector Management API (sumo-contract 2.3). */
import { CollectorRefused, type CollectorRefusal } from "../collect/collectors.js";
import { DefinitionRefused, type Refusal as DefinitionRefusal } from "../collect/definitions.js";
import { asFault, Fault, FAULTS } from "../core/fault.js";
import type { Random } from "../ports.js";
import { Refusal, notFound, told, type RefusalCode } from "./refusal.js";
import { json, type Answer } from "./route.js";

/** Seconds after which a client may come back when nobody knows better. */
const RETRY_AFTER_SECONDS = 5;
const ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** The answer to a thrown thing; `id` is what a user quotes and the log line carries. */
export function errorAnswer(thrown: unknown, id: string): Answer {
  const { status, code, message, errors, headers } = refusalOf(thrown);
  return json(status, { status, id, code, message, ...(errors ? { errors } : {}) }, headers);
}

/** Three groups of five from A-Z and 0-9, as the vendor makes them. For people to quote, not a secret. */
export function errorId(random: Random): string {
  const group = () => Array.from({ length: 5 }, () => ID_LETTERS[Math.floor(random() * ID_LETTERS.length)]).join("");
  return `${group()}-${group()}-${group()}`;
}

/** Any thrown thing as a refusal. Never throws: behind it only Express's own page would be left, which shows stacks. */
export function refusalOf(thrown: unknown): Refusal {
  try {
    return judged(thrown);
  } catch (defect) {
    return ofFault(asFault(defect));
  }
}

function judged(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof DefinitionRefused) return ofDefinition(thrown.refusal);
  if (thrown instanceof CollectorRefused) return ofCollector(thrown.refusal);
  if (thrown instanceof Fault) return ofFault(thrown);
  const status = statusOfLibrary(thrown);
  // Express and its router: a path that cannot be decoded, and the like. Their texts may repeat the request.
  if (status !== undefined) return new Refusal(status, "request.invalid", "The request cannot be understood: its path or headers are malformed.", { cause: thrown });
  return ofFault(asFault(thrown));
}

function ofDefinition(refusal: DefinitionRefusal): Refusal {
  switch (refusal.kind) {
    case "invalid": {
      const { problems } = refusal;
      const code = problems.every(({ pointer }) => pointer.endsWith("/sourceType")) ? "InvalidSourceType" : "createValidationError";
      return new Refusal(400, code, told("The definition was refused, nothing was changed.", problems), { errors: problems });
    }
    case "not-modifiable":
      return new Refusal(400, "CannotModifySources", told("The change was refused.", refusal.problems), { errors: refusal.problems });
    case "name-taken":
      return new Refusal(400, "DuplicateResourceName", `A resource with the same name already exists. Another source of this collector is named ${JSON.stringify(refusal.name)}: choose another name, or leave name out to get a free one.`);
    case "stale":
      return staleRevision();
    case "not-found":
      return notFound();
  }
}

function ofCollector(refusal: CollectorRefusal): Refusal {
  switch (refusal.kind) {
    case "invalid": {
      const { problems } = refusal;
      const only = problems.length === 1 ? problems[0]!.pointer.split("/").at(-1) : undefined;
      const code = COLLECTOR_CODES.get(only ?? "")?.(problems[0]!.message) ?? "createValidationError";
      return new Refusal(400, code, told("The collector was refused, nothing was changed.", problems), { errors: problems });
    }
    case "name-taken":
      return new Refusal(400, "DuplicateResourceName", `A resource with the same name already exists. Another collector is named ${JSON.stringify(refusal.name)}: choose another name.`);
    case "wrong-id":
      return new Refusal(400, "BadRequestCollectorId", `The id in the body differs from the id in the path, which is ${refusal.id}: correct it or leave it out.`);
    case "fixed":
      return new Refusal(400, "CannotModifyCollector", `The collector ${JSON.stringify(refusal.name)} is always there and cannot be changed or deleted. Create a collector of your own.`);
    case "stale":
      return staleRevision();
    case "not-found":
      return new Refusal(404, "collectors.collector.invalid", "The specified collector ID is invalid.");
  }
}
/** The vendor has codes of its own for some faults (sumo-contract 2.3), when they stand alone. */
const COLLECTOR_CODES = new Map<string, (message: string) => RefusalCode | undefined>([
  ["name", (message) => (/a text of \d+ characters/.test(message) ? "CollectorNameTooLong" : undefined)],
  ["description", (message) => (/a text of \d+ characters/.test(message) ? "CollectorDescriptionTooLong" : undefined)],
  ["collectorType", () => "InvalidCollectorType"],
]);

/** 412: the source changed since the caller read it. */
export function staleRevision(): Refusal {
  return new Refusal(412, "precondition.failed", "The resource was changed since it was read. Read it again, and send the new ETag in If-Match.");
}

/** The remedy of a fault is the operator's; for the client it is: come back later. */
function ofFault(fault: Fault): Refusal {
  const retry = FAULTS[fault.code].remedy === "retry";
  if (!retry) return new Refusal(500, "internal.error", "The collector failed on this request. The log tells the reason under this id.", { cause: fault });
  const seconds = Math.max(1, Math.ceil((fault.retryAfterMs ?? RETRY_AFTER_SECONDS * 1000) / 1000));
  const message = `${FAULTS[fault.code].title}. The request was not carried out; try it again in ${seconds} s.`;
  return new Refusal(503, "service.unavailable", message, { headers: { "Retry-After": String(seconds) }, cause: fault });
}

function statusOfLibrary(thrown: unknown): number | undefined {
  const status = thrown instanceof Error && "status" in thrown ? thrown.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}
