/** A receiver shaped like Sumo Logic's HTTP Logs source (sumo-contract.md section 5). */
import { gunzipSync, inflateSync } from "node:zlib";
import { cutInHalf, jsonAnswer, textAnswer, type Answer, type WholeAnswer } from "./answer.js";
import type { Call } from "./call.js";
import type { EmulatedFaultName, FaultRule } from "./fault-catalogue.js";
import type { Ledger, ReceivedRequest } from "./ledger.js";
import type { ReceiverOptions, Scene } from "./scene.js";
import { retryAfter } from "./trace-faults.js";

/** Bound on what a small body may decompress to. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

interface Delivery {
  readonly code: string;
  readonly bytes: number;
  readonly lines: readonly string[];
}

/** `code` is the URL's; without one the token comes in `x-sumo-token`. */
export function answerReceiver(scene: Scene, call: Call, code: string | undefined, ledger: Ledger, options: ReceiverOptions): Answer {
  const verdict = judge(scene, call, code ?? call.headers["x-sumo-token"] ?? "", options);
  ledger.record({
    atMs: call.nowMs,
    code: verdict.delivery.code,
    name: call.headers["x-sumo-name"] ?? "",
    category: call.headers["x-sumo-category"] ?? "",
    host: call.headers["x-sumo-host"] ?? "",
    fields: call.headers["x-sumo-fields"] ?? "",
    encoding: call.headers["content-encoding"] ?? "identity",
    status: "hang" in verdict.answer ? "hang" : "cut" in verdict.answer ? "cut" : verdict.answer.status,
    outcome: verdict.outcome,
    taken: verdict.taken,
    lines: verdict.delivery.lines.length,
    bytes: verdict.delivery.bytes,
  }, verdict.delivery.lines);
  return verdict.answer;
}

interface Verdict extends Pick<ReceivedRequest, "outcome" | "taken"> {
  readonly delivery: Delivery;
  readonly answer: Answer;
}

function judge(scene: Scene, call: Call, code: string, options: ReceiverOptions): Verdict {
  const refuse = (answer: WholeAnswer, delivery: Delivery = { code, bytes: 0, lines: [] }): Verdict =>
    ({ outcome: "refused", taken: false, delivery, answer });
  if (call.method !== "POST") return refuse(textAnswer(405, "text/plain", "", { allow: "POST" }));
  if (code === "" || (options.codes && !options.codes.includes(code))) return refuse(sumoError(scene, 401, "unauthorized", "Credential could not be verified."));
  const type = call.headers["content-type"];
  // The vendor's own stand-in refuses every other type (sumologic-mock, router/mod.rs).
  if (type !== undefined && !/^application\/x-www-form-urlencoded\b/i.test(type)) return refuse(sumoError(scene, 400, "header:invalid", `Content-Type ${type} is not supported.`));
  const body = unpack(call);
  if (body === undefined) return refuse(sumoError(scene, 400, "body:invalid", "The body does not match its Content-Encoding."));
  const lines = new TextDecoder().decode(body).split("\n").filter((line) => line !== "");
  const delivery: Delivery = { code, bytes: body.length, lines };
  if (lines.length > 1 && body.length > (options.bytesMax ?? 1_048_576)) return refuse(sumoError(scene, 413, "request:too.large", "The request is too large."), delivery);
  return receiverFault(scene, call, delivery) ?? { outcome: "answered", taken: true, delivery, answer: textAnswer(200, "text/plain", "") };
}

function receiverFault(scene: Scene, call: Call, delivery: Delivery): Verdict | undefined {
  const strikes = (name: EmulatedFaultName): FaultRule | undefined => scene.faults.draw(name, call.nowMs);
  const refused = (answer: WholeAnswer): Verdict => ({ outcome: "refused", taken: false, delivery, answer });
  const refuse = strikes("receiver-refuse");
  if (refuse) return refused(sumoError(scene, refuse.status ?? 401, "unauthorized", "Credential could not be verified."));
  const throttle = strikes("receiver-throttle");
  if (throttle) {
    const message = "You have temporarily exceeded your Sumo Logic quota. Please try again at a later time";
    return refused(sumoError(scene, 429, "quota:exceeded", message, retryAfter(throttle.retryAfterSeconds)));
  }
  const broken = strikes("receiver-error");
  if (broken) return refused(sumoError(scene, broken.status ?? 503, "service:unavailable", "Service unavailable."));
  if (delivery.lines.length > 1 && strikes("receiver-too-large")) return refused(sumoError(scene, 413, "request:too.large", "The request is too large."));
  const hang = strikes("receiver-hang");
  if (hang) return { outcome: "lost", taken: hang.taken ?? false, delivery, answer: { hang: true } };
  // Declares a body that never comes whole: nothing the client may take for an answer.
  if (strikes("receiver-accept-then-cut")) return { outcome: "lost", taken: true, delivery, answer: cutInHalf(textAnswer(200, "text/plain", "OK")) };
  if (strikes("receiver-warning")) return { outcome: "answered", taken: true, delivery, answer: sumoError(scene, 200, "fields:dropped", "Some fields are not in the schema and were dropped.") };
  return undefined;
}

function sumoError(scene: Scene, status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): WholeAnswer {
  return jsonAnswer(status, { status, id: scene.nextGuid().slice(0, 17).toUpperCase(), code, message }, headers);
}

function unpack(call: Call): Uint8Array | undefined {
  const bound = { maxOutputLength: UNPACKED_BYTES_MAX };
  try {
    switch ((call.headers["content-encoding"] ?? "identity").toLowerCase()) {
      case "identity": return call.body;
      case "gzip": return gunzipSync(call.body, bound);
      case "deflate": return inflateSync(call.body, bound);
      default: return undefined;
    }
  } catch {
    return undefined;
  }
}
