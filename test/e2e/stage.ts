/** What all end-to-end tests share: the compiled service, a folder, and everything that was started, for the hunt for secrets. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileService, type Compiled } from "./compiled.js";
import { killLeftovers } from "./program.js";

export interface Stage {
  readonly compiled: Compiled;
  /** A folder of its own for each asker. */
  folder(name: string): string;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), "collector-e2e-"));
  const compiled = await compileService();
  return {
    compiled,
    folder: (name) => join(root, name),
    async close() {
      await killLeftovers();
      await compiled.remove();
      await rm(root, { recursive: true, force: true });
    },
  };
}
