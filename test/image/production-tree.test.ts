import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Tree {
  readonly dependencies?: Readonly<Record<string, Tree>>;
}
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as Record<"dependencies" | "devDependencies", Record<string, string>>;

function names(tree: Tree): string[] {
  return Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) => [name, ...names(below)]);
}

describe("production install", () => {
  let installed: ReadonlySet<string>;
  before(() => {
    const { stdout } = spawnSync("npm", ["ls", "--omit=dev", "--all", "--json"], { cwd: ROOT, encoding: "utf8" });
    installed = new Set(names(JSON.parse(stdout) as Tree));
  });

  it("holds every dependency that package.json names", () => {
    for (const name of Object.keys(dependencies)) assert.ok(installed.has(name), name);
  });

  it("carries nothing of the Azure stack and no development tool", () => {
    const unwanted = [...Object.keys(devDependencies), "cdktf-cli", "cdktn", "terraform", "esbuild", "playwright", "json-schema-to-typescript"];
    assert.ok(unwanted.includes("cdktf") && unwanted.includes("@cdktf/provider-azurerm") && unwanted.includes("constructs"));
    assert.deepEqual(unwanted.filter((name) => installed.has(name)), []);
  });

  it("runs no script of a package at install time, so that nothing is downloaded from outside the registry", () => {
    const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, "utf8")) as { packages: Record<string, { dev?: boolean; devOptional?: boolean; hasInstallScript?: boolean }> };
    const scripted = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && entry.hasInstallScript === true && entry.dev !== true);
    assert.deepEqual(scripted.map(([path]) => path), []);
  });

  it("can be made from the lock file: every optional package of a locked one is locked, too", () => {
    const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, "utf8")) as { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
    const missing = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {})).filter((name) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)));
    assert.deepEqual(missing, []);
  });
});
