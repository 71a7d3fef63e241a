/** Run as a process of its own: opens the data folder and commits for ever, each commit reported after it is acknowledged. */
import { writeSync } from "node:fs";
import { openStore } from "../../service/store/index.js";
import { commitOf, SOURCE_ID } from "./committing.js";
import { CLOCK, record } from "./harness.js";

const store = await openStore({ kind: "embedded", folder: process.argv[2] ?? "" }, { clock: CLOCK });
if ((await store.sources()).length === 0) await store.insertSource(record(SOURCE_ID));
let { revision } = await store.progress(SOURCE_ID);
writeSync(1, `open ${revision}\n`);
for (;;) {
  revision = await store.commit(SOURCE_ID, revision, commitOf(revision + 1));
  await store.saveGrant("app", { refreshToken: `token-${revision}` });
  writeSync(1, `${revision}\n`);
}
