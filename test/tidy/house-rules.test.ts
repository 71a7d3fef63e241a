/** The house rules of the design that a machine can check. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CODE = ["service", "schema", "cdktf"];
const LINES_MAX = 350;
const FUNCTION_LINES_MAX = 70;

function files(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? files(path) : [path];
  });
}
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const sources = CODE.flatMap(files).filter((path) => path.endsWith(".ts"));
const own = sources.filter((path) => !path.endsWith(".generated.ts"));

/** Lines of the longest function, found by indentation: a function ends where a line closes at its own depth. */
function longestFunction(text: string): number {
  const lines = text.split("\n");
  let longest = 0;
  lines.forEach((line, start) => {
    const opening = /^(\s*)(?:export )?(?:async )?(?:function\b|(?:readonly |private |static |async |override )*#?\w+\([^;]*\)[^;]*\{$)/.exec(line);
    if (!opening || /^\s*(?:if|for|while|switch|return|else)\b/.test(line)) return;
    const end = lines.findIndex((other, at) => at > start && other.startsWith(`${opening[1]}}`));
    // A factory is a list of functions: what counts is each of them.
    if (end > 0 && !/^\s*(?:export )?(?:async )?function create/.test(line) && !/describe\(|it\(/.test(line)) longest = Math.max(longest, end - start + 1);
  });
  return longest;
}

describe("house rules", () => {
  it("names files in kebab-case", () => {
    const odd = sources.filter((path) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*\.ts$/.test(basename(path)));
    assert.deepEqual(odd, []);
  });

  it("has no vague names", () => {
    const vague = /\b(?:export )?(?:class|interface|type|function|const) \w*(?:Manager|Helper|Util|Utils|Base)\b/;
    assert.deepEqual(own.filter((path) => vague.test(read(path)) || /manager|helper|util/.test(basename(path))), []);
  });

  it("keeps files small: half of them under 150 lines, none over the limit", () => {
    const lengths = own.map((path) => ({ path, lines: read(path).split("\n").length })).toSorted((a, b) => a.lines - b.lines);
    assert.ok(lengths[Math.floor(lengths.length / 2)]!.lines < 150);
    assert.deepEqual(lengths.filter(({ lines }) => lines > LINES_MAX), []);
  });

  it("keeps functions small", () => {
    const long = own.map((path) => ({ path, lines: longestFunction(read(path)) })).filter(({ lines }) => lines > FUNCTION_LINES_MAX);
    assert.deepEqual(long, []);
  });

  it("uses unions, not enums; named exports only; no console", () => {
    assert.deepEqual(own.filter((path) => /^\s*(?:export )?(?:const )?enum /m.test(read(path))), []);
    assert.deepEqual(own.filter((path) => /^export default/m.test(read(path))), []);
    assert.deepEqual(own.filter((path) => /\bconsole\./.test(read(path))), []);
  });

  it("reads the environment in one place", () => {
    const allowed = new Set(["service/settings.ts", "service/main.ts", "cdktf/main.ts", "cdktf/terraform.ts"]);
    const reading = own.filter((path) => /\bprocess\.env\b/.test(code(read(path))) && !allowed.has(path));
    assert.deepEqual(reading, []);
  });

  it("leaves nothing open in the code", () => {
    const open = /TODO|FIXME|XXX|not implemented|placeholder/i;
    assert.deepEqual(own.filter((path) => open.test(code(read(path)))), []);
  });

  it("takes time and chance from ports", () => {
    const adapters = /^service\/(?:system|cli|main|start)|^schema\/generate|^cdktf/;
    const outside = own.filter((path) => !adapters.test(path) && /\bDate\.now\(\)|\bMath\.random\(\)|\bsetTimeout\(|\bsetInterval\(|\bnew Date\(\)/.test(code(read(path))));
    assert.deepEqual(outside, ["service/emulator/serve-emulator.ts"].filter((path) => outside.includes(path)));
  });

  it("holds in tests that run as ES modules, as the service does (test/es-modules.ts)", () => {
    assert.equal(typeof require, "undefined");
  });

  it("every folder that people enter opens with a README", () => {
    for (const folder of ["service", "schema", "cdktf", "test", "service/core", "service/collect", "service/sources", "service/sinks", "service/store", "service/emulator", "service/web", "service/gitops"]) {
      assert.ok(existsSync(join(ROOT, folder, "README.md")), `${folder}/README.md is missing`);
    }
  });
});

/** Text without comments and strings of prose, roughly. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

describe("layers", () => {
  /** Who may import whom: the folder of a file, and the folders it may reach. `ports`, `environment` and `version` are open to all but core. */
  const MAY: Readonly<Record<string, readonly string[]>> = {
    core: ["core"],
    sources: ["sources", "core"],
    sinks: ["sinks", "core"],
    identity: ["identity", "core"],
    store: ["store", "core"],
    system: ["system", "core"],
    collect: ["collect", "core"],
    emulator: ["emulator", "core"],
    gitops: ["gitops", "collect", "core"],
    web: ["web", "gitops", "collect", "core", "system"],
    cli: ["cli", "web", "gitops", "collect", "core", "emulator", "system", "sources", "sinks", "store", "identity"],
  };
  const OPEN = new Set(["ports", "environment", "version"]);
  const COMPOSITION = new Set(["app", "settings", "start"]);

  for (const path of files("service").filter((file) => file.endsWith(".ts") && file.split("/").length > 2)) {
    it(path, () => {
      const folder = path.split("/")[1]!;
      for (const [, target = ""] of read(path).matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
        const reached = relative(ROOT, resolve(ROOT, dirname(path), target));
        const [top, inner = ""] = reached.split("/");
        const name = inner.replace(/\.js$/, "");
        if (top === "schema") {
          assert.ok(["collect", "gitops", "web", "cli"].includes(folder), `${folder} may not know the schema: ${target}`);
          continue;
        }
        const may = MAY[folder] ?? [];
        const opened = inner.endsWith(".js") && (OPEN.has(name) ? folder !== "core" || name === "ports" : COMPOSITION.has(name) && ["cli", "web"].includes(folder));
        assert.ok(may.includes(name) || opened, `${folder} may not import ${reached}`);
      }
    });
  }

  it("core imports nothing but itself and pure functions of Node", () => {
    for (const path of files("service/core").filter((file) => file.endsWith(".ts"))) {
      const imports = [...read(path).matchAll(/from "([^"]+)"/g)].map(([, target]) => target!);
      assert.deepEqual(imports.filter((target) => !target.startsWith("./") && target !== "node:crypto"), [], path);
    }
  });

  it("knows every folder of the service", () => {
    const folders = readdirSync(join(ROOT, "service")).filter((name) => statSync(join(ROOT, "service", name)).isDirectory());
    assert.deepEqual(folders.filter((name) => !(name in MAY)), []);
  });
});
