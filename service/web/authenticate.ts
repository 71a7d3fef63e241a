/** Basic authentication with access id and key (sumo-contract 1.3) or a bearer token of Microsoft Entra, on every route but the probes. */
import type { RequestHandler } from "express";
import type { Clock } from "../ports.js";
import type { AccessKey, AccessKeys, Caller } from "./access-keys.js";
import { createAttempts } from "./attempts.js";
import type { EntraTokens } from "./entra-tokens.js";
import { Refusal } from "./refusal.js";

const HEADER_LENGTH_MAX = 2048;
/** Tokens of people in many groups are long; Node takes 16 KiB of headers in all. */
const TOKEN_LENGTH_MAX = 12_288;

export interface Doors {
  readonly accessKeys: AccessKeys;
  /** Absent while Entra ID is not configured. */
  readonly entraTokens?: EntraTokens;
  readonly clock: Clock;
}

/** Lets a request pass or throws Refusal 401, 403, 429. `response.locals.caller` says afterwards who it was. */
export function authenticate({ accessKeys, entraTokens, clock }: Doors): RequestHandler {
  const attempts = createAttempts(clock);
  const challenge = { "WWW-Authenticate": `Basic realm="message trace collector", charset="UTF-8"${entraTokens ? ', Bearer realm="message trace collector"' : ""}` };
  const unauthorized = (hint: string) => new Refusal(401, "unauthorized", `Credential could not be verified. ${hint}`, { headers: challenge });

  return async (request, response, next) => {
    const { authorization } = request.headers;
    const address = request.socket.remoteAddress ?? "";
    const token = entraTokens ? tokenOf(authorization) : undefined;
    const credentials = credentialsOf(authorization);
    if (!credentials && token === undefined) {
      throw unauthorized(`Send the access id and the access key as user and password of HTTP Basic authentication${entraTokens ? ", or a bearer token of Microsoft Entra" : ""}.`);
    }
    const caller = credentials ? await ofKey(credentials, address) : await ofToken(token!, address);
    response.locals["caller"] = caller;
    next();
  };

  /**
   * Those that are or were right are let in before anything is counted: somebody else's guessing must not lock them out, least of
   * all behind a proxy, where everybody has its address.
   */
  async function ofKey(credentials: AccessKey, address: string): Promise<Caller> {
    const verify = () => accessKeys.verify(credentials);
    const caller = accessKeys.known(credentials) ?? (accessKeys.wereRight(credentials) ? await verify() : undefined);
    return caller ?? (await counted(address, verify, "Access id or access key is wrong, or the key has expired or was revoked."));
  }

  /** A signature costs little and cannot be guessed, so right ones are let in before failures are counted. */
  async function ofToken(token: string, address: string): Promise<Caller> {
    const verdict = await entraTokens!.verify(token);
    if (verdict.ok) return verdict.caller;
    if (verdict.known) throw new Refusal(403, "forbidden", verdict.reason);
    return counted(address, async () => undefined, verdict.reason);
  }

  async function counted(address: string, verify: () => Promise<Caller | undefined>, hint: string): Promise<Caller> {
    const waitMs = attempts.begin(address);
    if (waitMs > 0) throw tooManyAttempts(waitMs);
    const caller = await verify();
    if (!caller) throw unauthorized(hint);
    attempts.succeeded(address);
    return caller;
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

/** The token of a Bearer header (RFC 6750, 2.1); undefined when it is none. */
export function tokenOf(header: string | undefined): string | undefined {
  return header !== undefined && header.length <= TOKEN_LENGTH_MAX ? /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1] : undefined;
}

function tooManyAttempts(waitMs: number): Refusal {
  const seconds = Math.ceil(waitMs / 1000);
  return new Refusal(429, "rate.limit.exceeded", `Too many failed attempts to authenticate from this address. Try again in ${seconds} s.`, { headers: { "Retry-After": String(seconds) } });
}
