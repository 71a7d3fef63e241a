/** The Container App of a synthesized stack, run on this machine: its environment, and the service started with it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { only, type Block, type Stack } from "../cdktf/synthesized.js";

export interface Probe {
  readonly path: string;
  readonly port: number;
}
export interface Container {
  /** As the stack writes it: with references in place of what Azure knows only later, secrets by their names. */
  readonly variables: readonly { readonly name: string; readonly value?: string; readonly secret_name?: string }[];
  readonly probes: Readonly<Record<"startup" | "liveness" | "readiness", Probe>>;
  readonly targetPort: number;
  readonly secretNames: readonly string[];
  /** Folders that are mounted, by volume. */
  readonly mounts: Readonly<Record<string, string>>;
}

export function containerOf(stack: Stack): Container {
  const app = only(stack, "azurerm_container_app");
  const container = ((app["template"] as Block)["container"] as Block[])[0]!;
  const first = (name: string) => (container[name] as unknown as Probe[])[0]!;
  const mounts = container["volume_mounts"] as unknown as { name: string; path: string }[];
  return {
    variables: container["env"] as unknown as Container["variables"],
    probes: { startup: first("startup_probe"), liveness: first("liveness_probe"), readiness: first("readiness_probe") },
    targetPort: (app["ingress"] as Block)["target_port"] as number,
    secretNames: (app["secret"] as Block[]).map((secret) => String(secret["name"])),
    mounts: Object.fromEntries(mounts.map(({ name, path }) => [name, path])),
  };
}

/** What takes the place of what only Azure knows. */
export interface Substitutes {
  /** By the end of a reference: "vault_uri" for ${azurerm_key_vault.x.vault_uri}. A reference without one is an error. */
  readonly references: readonly (readonly [RegExp, string])[];
  readonly secrets: Readonly<Record<string, string>>;
  /** By name: what a shared machine cannot give, such as a port. */
  readonly changed: Readonly<Record<string, string>>;
}

export function environmentOf({ variables }: Container, { references, secrets, changed }: Substitutes): Record<string, string> {
  const valueOf = (value: string): string => {
    if (!value.includes("${")) return value;
    const found = references.find(([pattern]) => pattern.test(value));
    if (!found) throw new Error(`nothing stands for ${value}`);
    return found[1];
  };
  return Object.fromEntries(
    variables.map(({ name, value, secret_name: secret }) => {
      const given = secret === undefined ? valueOf(value ?? "") : secrets[secret];
      if (given === undefined) throw new Error(`no secret ${secret}`);
      return [name, changed[name] ?? given];
    }),
  );
}

export interface Running {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  /** The first line that has the text, now or later. Rejects when the process ends before. */
  line(text: string): Promise<Record<string, unknown>>;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../../service/main.ts", import.meta.url));

/** Starts the service with this environment and nothing else but the PATH. */
export function run(environment: Readonly<Record<string, string>>, arguments_: readonly string[] = ["--import=tsx", MAIN]): Running {
  const child = spawn(process.execPath, [...arguments_], { env: { PATH: process.env["PATH"] ?? "", ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const keep = (line: string): void => {
    lines.push(line);
    for (const look of waiting) look();
  };
  createInterface({ input: child.stdout! }).on("line", keep);
  createInterface({ input: child.stderr! }).on("line", (line) => keep(`stderr: ${line}`));
  child.once("exit", () => setImmediate(() => waiting.forEach((look) => look())));
  return {
    child,
    lines,
    line: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line.startsWith("{") && line.includes(text));
          if (found !== undefined) resolve(JSON.parse(found) as Record<string, unknown>);
          else if (child.exitCode !== null) reject(new Error(`the service ended with ${child.exitCode}:\n${lines.join("\n")}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      return child.exitCode;
    },
  };
}
