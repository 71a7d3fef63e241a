import { systemDisk } from "../../service/system/disk.js";

/**
 * A process of its own: appends numbered lines to the file of its argument, several to a write, and says after each sync up to which
 * number they are durable. Ends with what stopped it. Killed or limited (ulimit -f) from outside.
 */
const path = process.argv[2] ?? "";
const file = await systemDisk.append(path);
try {
  for (let n = 0; n < 1_000_000; n += 5) {
    const lines = [n, n + 1, n + 2, n + 3, n + 4].map((i) => `${i} ${"x".repeat(100)}\n`);
    await file.write(Buffer.from(lines.join("")));
    await file.sync();
    process.stdout.write(`${n + 5}\n`);
  }
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}: ${(error as Error).message}\n`);
}
