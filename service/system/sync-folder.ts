import { open } from "node:fs/promises";

/** Makes new, renamed and removed names of a folder durable (POSIX: fsync of a file does not cover its name). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
