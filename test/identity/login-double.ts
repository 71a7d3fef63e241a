import { Fault } from "../../service/core/fault.js";
import { createIdentity, type EntraIdentity } from "../../service/identity/index.js";
import type { Credentials, Http, HttpRequest } from "../../service/ports.js";
import { responseOf, type Scripted } from "../sources/scripted-http.js";
import { type ManualClock, manualClock } from "../sources/source-ports.js";
import { memoryGrants, type MemoryGrants } from "./memory-grants.js";

export const SIGNAL = new AbortController().signal;
export const APP: Credentials = {
  loginUrl: "https://login.microsoftonline.com",
  tenantId: "11111111-2222-3333-4444-555555555555",
  clientId: "99999999-2222-3333-4444-555555555555",
  clientSecret: "s3cret&+= value",
  audience: "https://graph.microsoft.com",
  endpoint: "v2",
};
export const WITH_CODE: Credentials = { ...APP, authorizationCode: "0.code-one", audience: "https://outlook.office365.com", endpoint: "v1" };

/** A token endpoint that gives numbered tokens, or the answers put in `next` first. */
export interface LoginRig {
  readonly identity: EntraIdentity;
  readonly clock: ManualClock;
  readonly store: MemoryGrants;
  readonly requests: HttpRequest[];
  /** What was sent, decoded. */
  readonly sent: Record<string, string>[];
  /** Answers that come before the numbered tokens. */
  readonly next: Scripted[];
  /** Answers wait while this is set. */
  hold: Promise<void> | undefined;
  /** A new process on the same store. */
  restart(): EntraIdentity;
}

export function loginRig(): LoginRig {
  const clock = manualClock();
  const diary: string[] = [];
  const store = memoryGrants(diary);
  let count = 0;
  const http: Http = async (request) => {
    const form = Object.fromEntries(new URLSearchParams(String(request.body)));
    rig.requests.push(request);
    rig.sent.push(form);
    diary.push(`send ${form["grant_type"]}`);
    await rig.hold;
    const scripted = rig.next.shift();
    if (scripted) return responseOf(scripted);
    count += 1;
    const refresh = form["grant_type"] === "client_credentials" ? {} : { refresh_token: `refresh-${count}` };
    return responseOf({ json: { token_type: "Bearer", expires_in: 3600, access_token: `access-${count}`, ...refresh } });
  };
  const restart = (): EntraIdentity => createIdentity({
    http, clock, store,
    async resolveSecret(secret) {
      if (typeof secret === "string") return secret;
      throw new Fault("secret-unresolved", { detail: secret.secretRef });
    },
  });
  const rig: LoginRig = { identity: restart(), clock, store, requests: [], sent: [], next: [], hold: undefined, restart };
  return rig;
}
