// Bill of materials of the production install, CycloneDX, on standard output: `npm run --silent sbom`. npm writes it, from a copy of package.json and
// lock file without what is for development or for other machines: `npm sbom --omit=dev` leaves out packages that a development tool wants
// too (https://github.com/npm/cli/issues/7909), and calls the application what the folder is called that it lies in.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = new URL("../", import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, ROOT), "utf8"));
const forProduction = (of) => Object.fromEntries(Object.entries(of).filter(([key]) => key !== "devDependencies"));

const manifest = forProduction(read("package.json"));
const lock = read("package-lock.json");
const inProduction = ([path, entry]) => path === "" || (entry.dev !== true && (entry.optional !== true || existsSync(new URL(path, ROOT))));
lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(inProduction));
lock.packages[""] = forProduction(lock.packages[""]);

const parent = mkdtempSync(join(tmpdir(), "sbom-"));
try {
  const folder = join(parent, manifest.name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  const words = ["sbom", "--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=application"];
  const { status } = spawnSync("npm", words, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
  process.exitCode = status ?? 1;
} finally {
  rmSync(parent, { recursive: true });
}
