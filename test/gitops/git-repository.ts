/** A real Git repository for tests: a bare one that is fetched from, and a working copy that pushes to it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface GitRepository {
  /** Of the bare repository. */
  readonly url: string;
  readonly folder: string;
  /** Writes (null removes), commits, pushes; answers the commit. */
  commit(files: Readonly<Record<string, unknown>>, options?: { readonly force?: boolean; readonly amend?: boolean }): string;
  git(...command: readonly string[]): string;
  /** Takes the bare repository away, and brings it back. */
  vanish(): Promise<void>;
  reappear(): Promise<void>;
  dispose(): void;
}

/** Why tests with Git cannot run here; undefined when they can. */
export function gitMissing(): string | undefined {
  try {
    execFileSync("git", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "the program git is not there";
  }
}

export function makeRepository(): GitRepository {
  const root = mkdtempSync(join(tmpdir(), "config-repo-"));
  const [bare, work] = [join(root, "bare.git"), join(root, "work")];
  const environment = { PATH: process.env["PATH"], GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1", GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@example", GIT_COMMITTER_NAME: "t", GIT_COMMITTER_EMAIL: "t@example" };
  const run = (folder: string, command: readonly string[]) => execFileSync("git", command, { cwd: folder, env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  run(root, ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  run(root, ["init", "--quiet", "--initial-branch=main", work]);
  run(work, ["remote", "add", "origin", bare]);
  return {
    url: `file://${bare}`,
    folder: work,
    git: (...command) => run(work, command),
    commit(files, { force = false, amend = false } = {}) {
      for (const [path, value] of Object.entries(files)) {
        const target = join(work, path);
        mkdirSync(dirname(target), { recursive: true });
        if (value === null) rmSync(target);
        else writeFileSync(target, typeof value === "string" ? value : JSON.stringify(value, null, 2));
      }
      run(work, ["add", "--all"]);
      run(work, ["commit", "--quiet", "--allow-empty", "--message=change", ...(amend ? ["--amend"] : [])]);
      run(work, ["push", "--quiet", ...(force ? ["--force"] : []), "origin", "main"]);
      return run(work, ["rev-parse", "HEAD"]);
    },
    vanish: () => rename(bare, `${bare}.away`),
    reappear: () => rename(`${bare}.away`, bare),
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}
