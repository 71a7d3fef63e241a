/** POST /config/sync from a Git server: signed by a shared secret in place of an access key (GitHub's X-Hub-Signature-256). */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import type { Context } from "./context.js";
import { Refusal } from "./refusal.js";
import { send } from "./route.js";
import { sync } from "./routes/config.js";

/** GitHub sends at most 25 MB, a push some KB; nothing of it is used but the signature. */
const BYTES_MAX = 4 * 1024 * 1024;
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/** Answers requests that carry a signature; all others go on to the access key. Throws Refusal 401, 413. */
export function webhook({ config }: Pick<Context, "config">): RequestHandler {
  return async (request, response, next) => {
    const signature = request.headers["x-hub-signature-256"];
    const secret = config?.webhookSecret;
    // Express hands on what lies below the path as well.
    if (request.method !== "POST" || request.path !== "/" || signature === undefined || config === undefined || secret === undefined) return next();
    const hash = createHmac("sha256", secret);
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) throw new Refusal(413, "request.too.large", "The body is too large for a webhook.", { headers: { Connection: "close" } });
      hash.update(chunk);
    }
    const given = SIGNATURE.exec(String(signature))?.[1];
    if (given === undefined || !timingSafeEqual(hash.digest(), Buffer.from(given, "hex"))) {
      throw new Refusal(401, "unauthorized", "The signature in X-Hub-Signature-256 is not made of this body with the collector's COLLECTOR_CONFIG_WEBHOOK_SECRET.");
    }
    send(response, sync(config));
  };
}
