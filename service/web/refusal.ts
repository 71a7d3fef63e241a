/** Refusals of requests: what the API says no with. Codes: sumo-contract 2.3; where it has none, in the same style. */
import type { Problem } from "../../schema/index.js";

/** Codes of the flat error form; a closed list, so that clients and docs can rely on it. */
export type RefusalCode =
  | "unauthorized"
  | "forbidden"
  | "notfound"
  | "collectors.collector.invalid"
  | "method.unsupported"
  | "precondition.failed"
  | "request.too.large"
  | "contenttype.invalid"
  | "json.invalid"
  | "request.invalid"
  | "rate.limit.exceeded"
  | "service.unavailable"
  | "internal.error"
  | "createValidationError"
  | "CannotModifySources"
  | "DuplicateResourceName"
  | "InvalidSourceType"
  | "config.invalid"
  | "config.managed"
  | "BadRequestBladeId"
  | "BadRequestCollectorId"
  | "CannotModifyCollector"
  | "CollectorNameTooLong"
  | "CollectorDescriptionTooLong"
  | "InvalidCollectorType";

export interface RefusalOptions {
  readonly errors?: readonly Problem[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that gets no. `message` is whole sentences for people: Terraform users see nothing else. Never holds a secret. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly errors: readonly Problem[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: RefusalCode, message: string, options: RefusalOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.errors = options.errors;
    this.headers = options.headers ?? {};
  }
}

/** 404 of something that was asked for by its id. */
export function notFound(message = "Requested resource could not be found."): Refusal {
  return new Refusal(404, "notfound", message);
}

/** 400 with every problem of the request at once, as sentences and by JSON pointer. */
export function invalidRequest(problems: readonly Problem[]): Refusal {
  return new Refusal(400, "request.invalid", told("The request was refused.", problems), { errors: problems });
}

/** A summary and the sentences of all problems: the message repeats them because many clients show nothing else. */
export function told(summary: string, problems: readonly Problem[]): string {
  return [summary, ...problems.map(({ message }) => (/[.!?]$/.test(message) ? message : `${message}.`))].join(" ");
}
