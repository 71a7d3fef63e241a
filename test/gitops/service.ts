/** The whole service in this process, on loopback, with a temporary data folder; Microsoft cannot be reached. */
import { mkdtempSync, rmSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "../../service/settings.js";
import { startService } from "../../service/start.js";
import { createLog } from "../../service/system/log.js";

export const ACCESS = { accessId: "suTestTestTest00", accessKey: "correct-horse-battery-staple" } as const;

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  readonly json: never;
}
export interface RunningService {
  readonly url: string;
  readonly log: string[];
  send(method: string, path: string, options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>>; readonly anonymous?: boolean }): Promise<Reply>;
  stop(): Promise<void>;
}

export async function runService(settings: Readonly<Record<string, string>> = {}, folder?: string): Promise<RunningService> {
  const dataDir = folder ?? mkdtempSync(join(tmpdir(), "config-service-"));
  const nowhere = "http://127.0.0.1:9";
  const environment = {
    COLLECTOR_DATA_DIR: dataDir, COLLECTOR_PORT: "0", COLLECTOR_ACCESS_ID: ACCESS.accessId, COLLECTOR_ACCESS_KEY: ACCESS.accessKey, COLLECTOR_SHUTDOWN_SECONDS: "3",
    COLLECTOR_MICROSOFT_LOGIN_URL: nowhere, COLLECTOR_MICROSOFT_GRAPH_URL: nowhere, COLLECTOR_MICROSOFT_REPORTING_URL: nowhere,
    ...settings,
  };
  const log: string[] = [];
  const service = await startService(readSettings(environment), {
    log: await createLog({ level: "info", pretty: false, destination: { write: (line: string) => void log.push(line) } }),
    environment: { PATH: process.env["PATH"] },
    stdout: process.stdout,
  });
  return {
    url: service.url,
    log,
    send: (method, path, options) => send(service.url, method, path, options),
    async stop() {
      await service.stop();
      if (folder === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function send(url: string, method: string, path: string, { body, headers = {}, anonymous = false }: { body?: unknown; headers?: Readonly<Record<string, string>>; anonymous?: boolean } = {}): Promise<Reply> {
  const bytes = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const authorization = anonymous ? {} : { authorization: `Basic ${Buffer.from(`${ACCESS.accessId}:${ACCESS.accessKey}`).toString("base64")}` };
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, url), { method, headers: { ...authorization, ...(bytes === undefined ? {} : { "content-type": "application/json" }), ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, get json() { return JSON.parse(text) as never; } });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(bytes);
  });
}
