/** Reads the body of a request: bounded, strict UTF-8, JSON whatever harmless type a client calls it. */
import type { RequestHandler } from "express";
import type { IncomingMessage } from "node:http";
import { findJsonFault, placeOf } from "./json-text.js";
import { Refusal } from "./refusal.js";

export const BODY_BYTES_MAX = 256 * 1024;
/** A whole configuration repository in one body. */
const CONFIG_BYTES_MAX = 4 * 1024 * 1024;
const CONFIG_PATH = /\/config\/(?:plan|apply)\/?$/;
/** A body that is too large is read and dropped up to here, because a client that is still sending does not listen; then the line is cut. */
const DRAIN_BYTES_MAX = 4 * 1024 * 1024;
/** A definition is four levels deep. */
const DEPTH_MAX = 32;
/**
 * curl -d says form, a browser's fetch says text/plain: both send JSON here. Terraform says application/json even without a body.
 * That a page elsewhere could send such a body in a user's name is prevented by origin.ts.
 */
const TYPES = /^(?:application\/(?:[\w.+-]+\+)?json|text\/json|text\/plain|application\/x-www-form-urlencoded|application\/octet-stream)$/;

/** Puts the parsed JSON, or undefined for an empty body, into request.body, and what came into request.bytes. Bodies of GET and HEAD are not read. */
export const readBody: RequestHandler = async (request, _response, next) => {
  const bytes = request.method === "GET" || request.method === "HEAD" ? Buffer.alloc(0) : await bytesOf(request, CONFIG_PATH.test(request.path) ? CONFIG_BYTES_MAX : BODY_BYTES_MAX);
  request.body = parseBody(bytes);
  Object.assign(request, { bytes });
  next();
};

async function bytesOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const { headers } = request;
  const length = Number(headers["content-length"] ?? 0);
  if (length === 0 && headers["transfer-encoding"] === undefined) return Buffer.alloc(0);
  refuseType(headers["content-type"]);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw new Refusal(415, "contenttype.invalid", "The body is compressed: send it as it is, without Content-Encoding.");
  if (length > DRAIN_BYTES_MAX) throw tooLarge(bytesMax, { Connection: "close" });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    if (bytes > DRAIN_BYTES_MAX) throw tooLarge(bytesMax, { Connection: "close" });
  }
  if (bytes > bytesMax) throw tooLarge(bytesMax, {});
  return Buffer.concat(chunks);
}

function tooLarge(bytesMax: number, headers: Readonly<Record<string, string>>): Refusal {
  return new Refusal(413, "request.too.large", `The body is larger than ${bytesMax / 1024} KiB, the most that is accepted.`, { headers });
}

function refuseType(contentType: string | undefined): void {
  if (contentType === undefined || contentType.trim() === "") return;
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1]).find((found) => found !== undefined);
  const charsetFits = charset === undefined || ["utf-8", "utf8", "us-ascii"].includes(charset);
  if (TYPES.test(type.trim()) && charsetFits) return;
  throw new Refusal(415, "contenttype.invalid", "The body must be JSON in UTF-8: send it with Content-Type: application/json.");
}

/** The JSON value of the bytes; undefined when there is nothing but spaces. Throws Refusal 400 with the position. */
export function parseBody(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  if (text.trim() === "") return undefined;
  const fault = findJsonFault(text, DEPTH_MAX);
  if (!fault) return JSON.parse(text) as unknown;
  const { line, column } = placeOf(text, fault.offset);
  throw new Refusal(400, "json.invalid", `The body is not valid JSON: at line ${line}, column ${column} (position ${fault.offset}), ${fault.what}.`);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new Refusal(400, "json.invalid", "The body is not valid UTF-8.", { cause: thrown });
  }
}
