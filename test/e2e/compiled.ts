/** The service as `npm run build` makes it, in a folder of its own: it starts faster than the sources, and the build is tested on the way. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** How to run the two programs: arguments of node. */
export interface Programs {
  readonly main: readonly string[];
  readonly cli: readonly string[];
}
export interface Compiled extends Programs {
  remove(): Promise<void>;
}

/** From the sources, as `npm start` and `npm run demo` do it; with the repository as working folder. */
export const FROM_SOURCES: Programs = {
  main: ["--import=tsx", join(ROOT, "service/main.ts")],
  cli: ["--import=tsx", join(ROOT, "service/cli/collector.ts")],
};

const run = promisify(execFile);
const PARTS = ["service", "schema", "package.json", "tsconfig.json", "tsconfig.build.json"] as const;

/** Copies the sources and runs the package's own build script there. Throws Error with the compiler's words. */
export async function compileService(): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), "collector-build-"));
  try {
    for (const part of PARTS) await cp(join(ROOT, part), join(folder, part), { recursive: true });
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await run("npm", ["run", "--silent", "build"], { cwd: folder });
    const { bin } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { bin: { collector: string } };
    return {
      main: [join(folder, "dist/service/main.js")],
      cli: [join(folder, bin.collector)],
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    const said = thrown as { stdout?: string; stderr?: string };
    throw new Error(`the build failed: ${said.stdout ?? ""}${said.stderr ?? ""}`, { cause: thrown });
  }
}
