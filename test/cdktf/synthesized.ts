/** Both example environments and one with every option, synthesized once for all tests of the stack. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { settingsFiles, stackName, synthesize } from "../../cdktf/synthesize.js";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Block = { [key: string]: Json };

/** The parts of cdk.tf.json. */
export interface Stack {
  readonly name: string;
  /** The file as it was written. */
  readonly text: string;
  readonly resource: Record<string, Record<string, Block>>;
  readonly data: Record<string, Record<string, Block>>;
  readonly variable: Record<string, Block>;
  readonly output: Record<string, Block>;
  readonly provider: Record<string, Block[]>;
  readonly terraform: Block;
}

/** Settings that switch every option on: not an example to follow. */
export const EVERYTHING = {
  profile: "standard",
  workload: "mtc",
  environment: "all",
  location: "northeurope",
  protectData: true,
  deployerCidrs: ["203.0.113.7/32"],
  network: { addressSpace: "10.70.0.0/20", egress: "static" },
  ingress: { exposure: "internal", denyCidrs: ["10.9.0.0/16"] },
  database: { login: "password" },
  registry: { mode: "create", private: true },
  secrets: ["m365-client-secret", "siem-token"],
  alerts: { emails: ["a@example.com"] },
  outputs: { eventHubs: {}, storage: {} },
  budget: { amount: 100, startMonth: "2027-01" },
  backend: { type: "azurerm", resourceGroup: "rg-tfstate", storageAccount: "stexampletfstate", container: "collector" },
};

const folder = mkdtempSync(join(tmpdir(), "collector-stacks-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Synthesizes the settings files into a folder of their own and reads what was written. */
export function synthesized(files: readonly string[], outdir = mkdtempSync(join(folder, "out-"))): Stack[] {
  synthesize(files, outdir);
  return files.map((file) => {
    const text = readFileSync(join(outdir, "stacks", stackName(file), "cdk.tf.json"), "utf8");
    return { name: stackName(file), ...(JSON.parse(text) as Omit<Stack, "text" | "name">), text };
  });
}

/** A settings file with that content. */
export function settingsFile(name: string, settings: object): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

let made: readonly Stack[] | undefined;

/** The two example environments and the one with everything. */
export function stacks(): readonly Stack[] {
  made ??= synthesized([...settingsFiles(), settingsFile("everything", EVERYTHING)]);
  return made;
}

export function stack(name: "small" | "standard" | "everything"): Stack {
  const found = stacks().find((candidate) => candidate.name === `collector-${name}`);
  if (!found) throw new Error(`no stack ${name}`);
  return found;
}

/** All resources of a type, with their names. */
export function resources(of: Stack, type: string): Block[] {
  return Object.values(of.resource[type] ?? {});
}

/** The one resource of a type. */
export function only(of: Stack, type: string): Block {
  const [first, ...more] = resources(of, type);
  if (!first || more.length > 0) throw new Error(`${of.name} has ${more.length + (first ? 1 : 0)} ${type}`);
  return first;
}

export const SNAPSHOTS_DIR = fileURLToPath(new URL("snapshots", import.meta.url));
