/** Writes docs/settling.md: `npm run sums`. */
import { writeFile } from "node:fs/promises";
import { runSchedule } from "../simulation/schedule-sums.js";
import { FLOWS, settlingPage } from "./settling-page.js";

const page = settlingPage(new Map(FLOWS.map((rows) => [rows, runSchedule(rows)])));
await writeFile(new URL("../../docs/settling.md", import.meta.url), page);
process.stdout.write(page.slice(page.indexOf("## The sums")));
