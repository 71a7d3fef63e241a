/** `collector export`: what runs now, as the files of a configuration repository. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { exportFiles, type ExportForm } from "../gitops/export-files.js";
import { addAddress } from "./address.js";
import { callApi } from "./call-api.js";

interface Options {
  readonly from: string;
  readonly accessId: string;
  readonly accessKey: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const HELP = `
Secrets never leave the collector: each becomes a reference to an environment variable, which is listed and has to be set.

Examples:
  collector export ./config-repo --from https://collector.example
  collector export ./config-repo --from https://collector.example --force   # over the files of an earlier export`;

export function addExport(program: Command): void {
  addAddress(program.command("export <folder>").description("write what a collector runs as the files of a configuration repository"), "--from")
    .option("--force", "write over files that are there")
    .option("--json", "tell the result as JSON")
    .addHelpText("after", HELP)
    .action(async (folder: string, options: Options) => {
      const { files, variables } = exportFiles((await callApi({ ...options, url: options.from }, "GET", "/config/export")) as ExportForm);
      for (const { path, text } of files) {
        const target = join(folder, path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, text, { flag: options.force === true ? "w" : "wx" }).catch((thrown: unknown) => {
          const exists = thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST";
          throw exists ? new Error(`${target} is there already: name another folder, or write over it with --force`) : thrown;
        });
      }
      const paths = files.map(({ path }) => path);
      const told = options.json ? JSON.stringify({ files: paths, variables }, null, 2) : [...paths.map((path) => `wrote ${path}`), ...(variables.length > 0 ? [`Set for the collector, or change the references: ${variables.join(", ")}`] : [])].join("\n");
      process.stdout.write(`${told}\n`);
    });
}
