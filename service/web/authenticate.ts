/** Basic authentication with access id and key (sumo-contract 1.3), on every route but the probes. */
import type { RequestHandler } from "express";
import type { Clock } from "../ports.js";
import type { AccessKey, AccessKeys } from "./access-keys.js";
import { createAttempts } from "./attempts.js";
import { Refusal } from "./refusal.js";

const HEADER_LENGTH_MAX = 2048;

/** Lets a request pass or throws Refusal 401, 429. `response.locals.accessId` says afterwards who it was. */
export function authenticate(accessKeys: AccessKeys, clock: Clock): RequestHandler {
  const attempts = createAttempts(clock);
  return async (request, response, next) => {
    const credentials = credentialsOf(request.headers.authorization);
    if (!credentials) throw unauthorized("Send the access id and the access key as user and password of HTTP Basic authentication.");
    // Those known to be right are let in before anything is counted: somebody else's guessing must not lock them out.
    if (!accessKeys.isKnown(credentials)) await check(credentials, request.socket.remoteAddress ?? "");
    response.locals["accessId"] = credentials.accessId;
    next();
  };

  async function check(credentials: AccessKey, address: string): Promise<void> {
    const waitMs = attempts.begin(address);
    if (waitMs > 0) throw tooManyAttempts(waitMs);
    if (!(await accessKeys.verify(credentials))) throw unauthorized("Access id or access key is wrong.");
    attempts.succeeded(address);
  }
}

/** User and password of a Basic header; undefined when it is none. */
export function credentialsOf(header: string | undefined): AccessKey | undefined {
  const token = header !== undefined && header.length <= HEADER_LENGTH_MAX ? /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header)?.[1] : undefined;
  if (token === undefined) return undefined;
  const text = Buffer.from(token, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { accessId: text.slice(0, colon), accessKey: text.slice(colon + 1) };
}

function unauthorized(hint: string): Refusal {
  return new Refusal(401, "unauthorized", `Credential could not be verified. ${hint}`, { headers: { "WWW-Authenticate": 'Basic realm="message trace collector", charset="UTF-8"' } });
}

function tooManyAttempts(waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return new Refusal(429, "rate.limit.exceeded", `Too many failed attempts to authenticate from this address. Try again in ${seconds} s.`, { headers: { "Retry-After": String(seconds) } });
}
