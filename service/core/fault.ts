/**
 * The closed catalogue of what can go wrong, each with the remedy that drives the loop and the health state,
 * and a sentence that says what a person does next. docs/faults.md is generated from it.
 */

/**
 * retry: passes by itself; consent: a person must authorise again; configure: a person must correct a definition,
 * a destination, a right or a setting; report: a defect or a broken peer, tell somebody.
 */
export type Remedy = "retry" | "consent" | "configure" | "report";

interface CatalogueEntry {
  readonly remedy: Remedy;
  /** Whose side it is on: drives Sumo's errorType. */
  readonly party: "vendor" | "destination" | "own";
  readonly title: string;
  /** What to do next, one or two sentences. */
  readonly next: string;
}

export const FAULTS = {
  // Microsoft Entra
  "code-expired": { remedy: "consent", party: "vendor", title: "The authorization code or refresh token has expired or was revoked", next: "Authorise again (open the consent URL of the set-up guide), then update the source with the new authorization code." },
  "code-used": { remedy: "consent", party: "vendor", title: "The authorization code was already redeemed", next: "A code works once. Authorise again and update the source with the new code; or remove authorization_code to use the application permission." },
  "consent-missing": { remedy: "consent", party: "vendor", title: "The application has no consent for the permission", next: "An administrator opens API permissions of the app registration and grants admin consent." },
  "interaction-required": { remedy: "consent", party: "vendor", title: "Conditional Access or multi-factor rules refuse the token", next: "An administrator exempts the app from the Conditional Access policy, or somebody authorises again under it." },
  "secret-wrong": { remedy: "configure", party: "vendor", title: "The client secret is wrong", next: "Enter the secret's Value (not its Secret ID) from Certificates & secrets of the app registration." },
  "secret-expired": { remedy: "configure", party: "vendor", title: "The client secret has expired", next: "Make a new client secret in the app registration and update the source." },
  "app-unknown": { remedy: "configure", party: "vendor", title: "Microsoft does not know this application in this tenant", next: "Check the client id, the tenant id and the cloud." },
  "tenant-unknown": { remedy: "configure", party: "vendor", title: "Microsoft does not know this tenant", next: "Check the directory (tenant) id and the cloud." },
  "redirect-mismatch": { remedy: "configure", party: "vendor", title: "The redirect address differs from the registered one", next: "Register https://localhost as a Web redirect URI in the app registration and authorise again." },
  "resource-missing": { remedy: "configure", party: "vendor", title: "The API's service principal is not in the tenant", next: "Provision the API's service principal in the tenant (see the set-up guide), then wait for it to take effect." },
  "credential-unknown": { remedy: "configure", party: "vendor", title: "The application does not trust this certificate or managed identity", next: "In the app registration, under Certificates & secrets, upload the certificate or add a federated credential whose issuer and subject are those of the managed identity; then wait some minutes." },
  "token-refused": { remedy: "configure", party: "vendor", title: "Microsoft refused the token request", next: "Check client id, tenant id, secret and cloud; the AADSTS code says which is at fault." },
  "token-loop": { remedy: "retry", party: "vendor", title: "Microsoft saw too many identical token requests", next: "Nothing: it is tried again more slowly." },
  "login-unavailable": { remedy: "retry", party: "vendor", title: "Microsoft's login service is unavailable", next: "Nothing: it is tried again." },
  // Microsoft's trace APIs
  "service-principal-missing": { remedy: "retry", party: "vendor", title: "The message trace service principal is not provisioned in the tenant", next: "Run New-MgServicePrincipal -AppId 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 once; it takes effect within hours, and collection starts by itself." },
  "unauthorized": { remedy: "retry", party: "vendor", title: "The API refused the access token", next: "A fresh token is requested. If it stays, check the app's permissions and the tenant." },
  "forbidden": { remedy: "configure", party: "vendor", title: "The application lacks the permission or the role", next: "Graph: grant ExchangeMessageTrace.Read.All with admin consent. Reporting: grant ReportingWebService.Read.All and the Global Reader role. It is tried again by itself every few minutes." },
  "throttled": { remedy: "retry", party: "vendor", title: "The API's request quota of the tenant is used up", next: "Nothing: it goes on when Microsoft allows. If it is frequent, look for other tools that read message traces of this tenant." },
  "html-answer": { remedy: "retry", party: "vendor", title: "Microsoft answered with a web page in place of data", next: "Nothing: a known passing fault of Microsoft's service." },
  "bad-answer": { remedy: "retry", party: "vendor", title: "The answer is not what the API documents", next: "Nothing at first: it is read again. If it lasts, report it with the detail." },
  "server-error": { remedy: "retry", party: "vendor", title: "The API failed", next: "Nothing: it is tried again." },
  "bad-link": { remedy: "retry", party: "vendor", title: "The link to the next page is broken, loops or leads elsewhere", next: "Nothing: the window is read again in smaller pieces." },
  "window-too-large": { remedy: "retry", party: "vendor", title: "A window holds more rows than one paging run can carry", next: "Nothing: the window is read again in smaller pieces." },
  "window-unreadable": { remedy: "report", party: "vendor", title: "A stretch of time cannot be read, however small the pieces", next: "The other stretches go on and this one is tried again every hour. Report it to Microsoft with the detail, or give the stretch up." },
  "request-refused": { remedy: "configure", party: "vendor", title: "The API refused the query", next: "Check the definition (api, cloud, start) against the message; if it is right, report it." },
  "api-gone": { remedy: "configure", party: "vendor", title: "The API is not there any more", next: "The Reporting Web Service is retired: move the source to \"api\": \"graph\" (see the migration guide)." },
  "history-lost": { remedy: "report", party: "vendor", title: "Rows are older than the API's history and cannot be read any more", next: "The stretch is recorded as a gap. Shorten downtimes to less than the API's history." },
  // network
  "unreachable": { remedy: "retry", party: "vendor", title: "The other side cannot be reached", next: "Check DNS, proxy and firewall of the collector's host if it lasts." },
  "connection-cut": { remedy: "retry", party: "vendor", title: "The connection was cut in the middle of an answer", next: "Nothing: it is tried again." },
  "timeout": { remedy: "retry", party: "vendor", title: "The other side did not answer in time", next: "Nothing: it is tried again." },
  "answer-too-large": { remedy: "report", party: "vendor", title: "An answer is larger than any legitimate one", next: "Report it with the detail; something else than the API may answer." },
  // destinations
  "destination-unreachable": { remedy: "retry", party: "destination", title: "The destination cannot be reached", next: "Check DNS, proxy and firewall if it lasts." },
  "destination-throttled": { remedy: "retry", party: "destination", title: "The destination asks to send less", next: "Nothing: it is tried again. Check the quota of the destination if it lasts." },
  "destination-error": { remedy: "retry", party: "destination", title: "The destination failed", next: "Nothing: it is tried again." },
  "destination-too-large": { remedy: "retry", party: "destination", title: "The destination refused a batch for its size or its slowness", next: "Nothing: it is sent again in halves." },
  "destination-refused": { remedy: "configure", party: "destination", title: "The destination refused the rows or the credentials", next: "Check the destination's URL or token. It is tried again every few minutes; nothing is lost meanwhile." },
  "destination-full": { remedy: "retry", party: "destination", title: "No room on the destination's disk", next: "Make room. Collection goes on by itself, nothing is lost." },
  "destination-missing": { remedy: "configure", party: "own", title: "A source names a destination that does not exist", next: "Add it to the destinations file or correct the name in the source." },
  // our own side
  "secret-unresolved": { remedy: "configure", party: "own", title: "A secret reference leads nowhere", next: "Set the environment variable, or make the file or the Key Vault secret that the secretRef names, readable by the collector." },
  "identity-missing": { remedy: "configure", party: "own", title: "The managed identity gives no token", next: "Assign the identity to the app that the collector runs in, and let AZURE_CLIENT_ID name it." },
  "store-full": { remedy: "retry", party: "own", title: "No room on the disk of the data folder", next: "Make room. Collection goes on by itself, nothing is lost." },
  "store-failed": { remedy: "retry", party: "own", title: "The store failed", next: "Look at the detail: disk, rights, database. It is tried again." },
  "store-refused": { remedy: "configure", party: "own", title: "The store cannot be opened", next: "Do what the detail says, then start again. Nothing was changed in the store." },
  "key-wrong": { remedy: "configure", party: "own", title: "The encryption key does not fit the store", next: "Give the key that the store was made with: in COLLECTOR_ENCRYPTION_KEY, or as the file encryption.key of the data folder. Without it the sealed secrets cannot be read: begin with an empty store and post the definitions again." },
  "fenced": { remedy: "retry", party: "own", title: "Another worker took over this source", next: "Nothing: this worker reloads its state." },
  "definition-invalid": { remedy: "configure", party: "own", title: "The stored definition is not valid", next: "Update the source; the detail names the fields." },
  "defect": { remedy: "report", party: "own", title: "A defect of the collector", next: "Report it with the detail." },
} as const satisfies Record<string, CatalogueEntry>;

export type FaultCode = keyof typeof FAULTS;

export interface FaultOptions {
  /** What happened, with the HTTP status, AADSTS code or field that caused it. Never a secret. */
  readonly detail?: string;
  /** How long the other side asked to wait, ms. */
  readonly retryAfterMs?: number;
  /** HTTP status that caused it, for state.errorCode. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** The only error that edges throw. `message` is a whole sentence for people. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly remedy: Remedy;
  readonly detail: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(code: FaultCode, options: FaultOptions = {}) {
    const entry = FAULTS[code];
    super(options.detail ? `${entry.title}: ${options.detail}` : entry.title, { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.remedy = entry.remedy;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

/** Any thrown thing as a Fault; what is not one is a defect. AbortError must be handled before. */
export function asFault(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new Fault("defect", { detail, cause: thrown });
}
