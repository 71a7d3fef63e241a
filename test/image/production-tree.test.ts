import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Tree {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, Tree>>;
}
interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly unknown[];
}
const { dependencies, devDependencies, ...about } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as Record<"dependencies" | "devDependencies", Record<string, string>> & Record<"name" | "version" | "license" | "description", string>;
const { name: packageName, version: packageVersion, license, description } = about;

function names(tree: Tree): string[] {
  return Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) => [name, ...names(below)]);
}
/** "name@version" of everything that is installed; what is optional and not there has no version. */
function versions(tree: Tree): string[] {
  return Object.entries(tree.dependencies ?? {}).flatMap(([name, below]) => [...(below.version === undefined ? [] : [`${name}@${below.version}`]), ...versions(below)]);
}

describe("production install", () => {
  let tree: Tree;
  let installed: ReadonlySet<string>;
  before(() => {
    const { stdout } = spawnSync("npm", ["ls", "--omit=dev", "--all", "--json"], { cwd: ROOT, encoding: "utf8" });
    tree = JSON.parse(stdout) as Tree;
    installed = new Set(names(tree));
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

  it("is what the bill of materials lists, each with its package URL, digest and licence", () => {
    const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", "sbom"], { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    assert.equal(status, 0, stderr);
    const bill = JSON.parse(stdout) as { bomFormat: string; specVersion: string; metadata: { component: { name: string; version: string; type: string } }; components: readonly Component[]; dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[] };
    assert.deepEqual([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.5"]);
    assert.deepEqual([bill.metadata.component.name, bill.metadata.component.version, bill.metadata.component.type], [packageName, packageVersion, "application"]);
    assert.deepEqual(bill.components.map(({ name, version }) => `${name}@${version}`).toSorted(), [...new Set(versions(tree))].toSorted());
    assert.deepEqual(bill.dependencies[0]?.dependsOn.map((reference) => reference.replace(/(?!^)@.*/, "")).toSorted(), Object.keys(dependencies).toSorted());
    const described = new Set(bill.dependencies.map(({ ref }) => ref));
    for (const { ref, dependsOn } of bill.dependencies) for (const other of dependsOn) assert.ok(described.has(other), `${ref} depends on ${other}`);
    for (const { name, purl, hashes, licenses } of bill.components) {
      assert.match(purl, /^pkg:npm\//, name);
      assert.ok(hashes?.some(({ alg, content }) => alg === "SHA-512" && /^[0-9a-f]{128}$/.test(content)), name);
      assert.ok(licenses?.length, name);
    }
  });
});

describe("Dockerfile", () => {
  const lines = readFileSync(`${ROOT}Dockerfile`, "utf8").replaceAll("\\\n", " ").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const of = (word: string, from = lines) => from.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));

  it("names its bases once, by digest, and builds from nothing else", () => {
    const bases = Object.fromEntries(of("ARG", lines.slice(0, lines.findIndex((line) => line.startsWith("FROM ")))).map((argument) => argument.split("=")));
    assert.deepEqual(Object.keys(bases), ["BUILD_IMAGE", "RUNTIME_IMAGE"]);
    for (const base of Object.values(bases)) assert.match(String(base), /^[a-z0-9.]+\/[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
    assert.deepEqual(of("FROM"), ["${BUILD_IMAGE} AS build", "${BUILD_IMAGE} AS production", "${RUNTIME_IMAGE}"]);
  });

  it("runs as a user by number, from exec forms, with the production install and the build alone", () => {
    assert.deepEqual(of("USER", last), ["65532:65532"]);
    for (const form of [...of("ENTRYPOINT", last), ...of("CMD", last)]) assert.ok(Array.isArray(JSON.parse(form)), form);
    assert.deepEqual(of("RUN", last), []);
    const copied = of("COPY", last).map((line) => line.split(" ").filter((word) => !word.startsWith("--chown")).join(" "));
    assert.deepEqual(copied, ["--from=production /production/node_modules ./node_modules", "--from=build /build/dist ./dist", "package.json ./", "--from=build /empty/data /data"]);
  });

  it("labels the image as OCI has it, with the package's version, licence and description", () => {
    const labels = Object.fromEntries([...of("LABEL", last).join(" ").matchAll(/(org\.opencontainers\.image\.\w+)="([^"]*)"/g)].map(([, name, value]) => [name!.split(".").at(-1), value]));
    assert.deepEqual(Object.keys(labels).toSorted(), ["description", "licenses", "revision", "title", "version"]);
    assert.deepEqual([labels["title"], labels["licenses"], labels["description"]], [packageName, license, description]);
    assert.ok(of("ARG", last).includes(`VERSION=${packageVersion}`));
  });
});
