/** Planning and applying: all or nothing, idempotent, the same source again, and what is gone. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Fault } from "../../service/core/fault.js";
import { ConfigRefused } from "../../service/gitops/configuration.js";
import { loadKept } from "../../service/gitops/kept.js";
import type { Planned } from "../../service/gitops/configuration.js";
import { COLLECTOR_ID, openRig, type Rig } from "./rig.js";
import { file, source } from "./samples.js";

const HOUR_MS = 3_600_000;
const A = file("sources/a.json", source({ name: "a" }));
const B = file("sources/b.json", source({ name: "b" }));
const SINK = file("destinations/archive.json", { name: "archive", type: "file", path: "/rows" });

function steps({ steps: all }: Planned): string[] {
  return all.map(({ kind, object, name }) => `${kind} ${object} ${name}`);
}

describe("applying files", () => {
  let rig: Rig;
  beforeEach(async () => void (rig = await openRig()));
  afterEach(() => rig.close());

  it("creates, does nothing the second time, updates what differs and nothing else", async () => {
    assert.deepEqual(steps(await rig.apply([A, B, SINK])), ["create destination archive", "create source a", "create source b"]);
    const [a, b] = [rig.id("a"), rig.id("b")];
    assert.deepEqual([...rig.running].toSorted(), [a, b].toSorted());
    assert.deepEqual([...rig.destinations.keys()], ["default", "archive"]);
    const again = await rig.apply([A, B, SINK]);
    assert.deepEqual([steps(again), again.unchanged, rig.starts], [[], 3, 2]);

    const changed = await rig.apply([A, file("sources/b.json", source({ name: "b", pollingIntervalMin: "10m" })), SINK], { revision: "r2" });
    assert.deepEqual(changed.steps, [{ kind: "update", object: "source", name: "b", file: "sources/b.json", id: b, changes: [{ pointer: "/config/pollingIntervalMin", to: '"10m"' }] }]);
    assert.deepEqual([rig.id("a"), rig.id("b"), rig.starts], [a, b, 3]);
    assert.deepEqual(rig.definitions.get(a)!.record.revision, 1);
    assert.deepEqual(rig.definitions.get(b)!.record.revision, 2);
  });

  it("plans exactly what it then does, and changes nothing by planning", async () => {
    const before = await rig.store.sources();
    const planned = rig.plan([A, SINK]);
    assert.deepEqual(await rig.store.sources(), before);
    assert.deepEqual(steps(await rig.apply([A, SINK])), steps(planned));
  });

  it("finds the source again when its file was moved, without touching it", async () => {
    await rig.apply([A]);
    const [id, starts] = [rig.id("a"), rig.starts];
    const moved = await rig.apply([{ ...A, path: "sources/emea/contoso.yaml" }], { revision: "r2" });
    assert.deepEqual([steps(moved), moved.moved], [[], [{ name: "a", from: "sources/a.json", to: "sources/emea/contoso.yaml" }]]);
    assert.deepEqual([rig.id("a"), rig.starts, rig.definitions.get(id)!.record.revision], [id, starts, 1]);
    assert.deepEqual(rig.configuration.kept().sources[id], { by: "apply", file: "sources/emea/contoso.yaml", revision: "r2" });
  });

  it("takes over a source that somebody posted under that name, and leaves others alone", async () => {
    const posted = await rig.definitions.create(COLLECTOR_ID, source({ name: "a", clientSecret: "Very~Secret-Value.8" }));
    await rig.definitions.create(COLLECTOR_ID, source({ name: "by hand" }));
    const planned = await rig.apply([A], { prune: true });
    assert.deepEqual(steps(planned), ["update source a"]);
    assert.equal(rig.id("a"), posted.source.record.id);
    assert.doesNotMatch(JSON.stringify(planned), /Very~Secret/);
    assert.match(planned.notes.join(), /left alone: by hand/);
    assert.deepEqual(rig.names(), ["a", "by hand"]);
    assert.equal(JSON.stringify(await rig.store.sources()).includes("Very~Secret"), false);
  });

  it("pauses what is gone, resumes it when it is back, and prunes on request", async () => {
    await rig.apply([A, B]);
    const id = rig.id("b");
    assert.deepEqual(steps(await rig.apply([A])), ["pause source b"]);
    assert.deepEqual([rig.names(), rig.running.has(id)], [["a", "(b)"], false]);
    assert.deepEqual(steps(await rig.apply([A])), []);
    assert.deepEqual((await rig.apply([A, B])).steps.map((step) => ("changes" in step ? step.changes : [])), [[{ pointer: "/paused", from: "true", to: "false" }]]);
    assert.deepEqual([rig.names(), rig.id("b"), rig.running.has(id)], [["a", "b"], id, true]);
    assert.deepEqual(steps(await rig.apply([A], { prune: true })), ["delete source b"]);
    assert.deepEqual(rig.names(), ["a"]);
    assert.deepEqual(Object.keys(rig.configuration.kept().sources), [String(rig.id("a"))]);
  });

  it("deletes what is gone when its grace period is over, across a restart", async () => {
    await rig.apply([A, B], { graceMs: 24 * HOUR_MS });
    const [paused] = (await rig.apply([A], { graceMs: 24 * HOUR_MS })).steps;
    assert.ok(paused?.kind === "pause" && paused.deleteAtMs === rig.clock.now + 24 * HOUR_MS);
    await rig.restart();
    rig.clock.now += 24 * HOUR_MS - 1;
    assert.deepEqual(steps(await rig.apply([A], { graceMs: 24 * HOUR_MS })), []);
    rig.clock.now += 1;
    assert.deepEqual(steps(await rig.apply([A], { graceMs: 24 * HOUR_MS })), ["delete source b"]);
  });

  it("keeps a person's pause while the file changes", async () => {
    await rig.apply([A]);
    await rig.definitions.pause(rig.id("a"), true);
    assert.deepEqual(steps(await rig.apply([file("sources/a.json", source({ name: "a", category: "x" }))])), ["update source a"]);
    assert.deepEqual(rig.names(), ["(a)"]);
  });

  it("keeps a destination while anything sends to it, and gives the operator's back", async () => {
    const user = file("sources/a.json", source({ name: "a", destinations: ["archive"] }));
    const own = file("destinations/default.json", { name: "default", type: "file", path: "/other" });
    await rig.apply([user, SINK, own]);
    assert.equal(rig.destinations.get("default")!.type, "file");
    const gone = await rig.apply([B]);
    assert.deepEqual(steps(gone), ["create source b", "pause source a", "delete destination default"]);
    assert.match(gone.notes.join(), /"archive" has no file any more and stays while it is used by a/);
    assert.deepEqual([...rig.destinations].map(([name, { type }]) => `${name} ${type}`), ["default stdout", "archive file"]);
    assert.deepEqual(steps(await rig.apply([B], { prune: true })), ["delete source a", "delete destination archive"]);
    assert.deepEqual([...rig.destinations.keys()], ["default"]);
  });

  it("knows its destinations and marks again after a restart", async () => {
    await rig.apply([A, SINK]);
    await rig.restart();
    assert.deepEqual(rig.configuration.kept(), await loadKept(rig.store));
    assert.deepEqual(steps(await rig.apply([A, SINK])), []);
    assert.deepEqual([...rig.destinations.keys()], ["default", "archive"]);
  });
});

describe("all or nothing", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
    await rig.apply([A, SINK]);
  });
  afterEach(() => rig.close());

  const state = async () => JSON.stringify([await rig.store.sources(), await loadKept(rig.store), rig.configuration.kept(), rig.names(), [...rig.running], [...rig.destinations]]);

  it("one wrong file refuses all of them", async () => {
    const before = await state();
    await assert.rejects(rig.apply([B, SINK, file("sources/c.json", source({ name: "c", tenantID: "nope" }))]), (thrown) => thrown instanceof ConfigRefused && thrown.problems[0]!.file === "sources/c.json");
    assert.equal(await state(), before);
  });

  it("a start that lies too far back is refused for a new source only", async () => {
    const old = (name: string, days: number) => file(`sources/${name}.json`, source({ name, start: new Date(rig.clock.now - days * 24 * HOUR_MS).toISOString() }));
    await assert.rejects(rig.apply([old("n", 91)]), ConfigRefused);
    await rig.apply([old("n", 80)]);
    rig.clock.now += 20 * 24 * HOUR_MS;
    const planned = await rig.apply([file("sources/n.json", source({ name: "n", category: "x", start: new Date(rig.clock.now - 100 * 24 * HOUR_MS).toISOString() }))]);
    assert.equal(planned.warnings.length, 1);
  });

  it("a store that fails in the middle leaves everything as it was, and the same call then succeeds", async () => {
    const before = await state();
    const wish = [B, file("sources/a.json", source({ name: "a", category: "x" })), file("destinations/new.json", { name: "new", type: "stdout" })];
    const real = rig.changeTogether;
    rig.changeTogether = () => Promise.reject(new Fault("store-full"));
    await assert.rejects(rig.apply(wish), Fault);
    assert.equal(await state(), before);
    // The transaction itself: the last statement fails, nothing of the earlier ones stays.
    rig.changeTogether = (set) => real({ ...set, documents: { ...set.documents, ["nothing"]: undefined } });
    await assert.rejects(rig.apply(wish), Fault);
    assert.equal(await state(), before);
    rig.changeTogether = real;
    assert.deepEqual(steps(await rig.apply(wish)).length, 4);
    assert.deepEqual(steps(await rig.apply(wish)), []);
  });

  it("a process that ends before its workers followed is made up for by the next", async () => {
    const real = rig.changeTogether;
    rig.changeTogether = async (set) => {
      await real(set);
      throw new Error("killed");
    };
    await assert.rejects(rig.apply([B, SINK], { prune: true }), /killed/);
    rig.changeTogether = real;
    await rig.restart();
    assert.deepEqual(rig.names(), ["b"]);
    assert.deepEqual([...rig.running], [rig.id("b")]);
  });

  it("an answer of the store that is lost is looked up: the same call again finds everything done", async () => {
    const wish = [B, file("sources/a.json", source({ name: "a", category: "x" })), file("sources/c.json", source({ name: "c" })), file("destinations/new.json", { name: "new", type: "stdout" })];
    const real = rig.changeTogether;
    rig.changeTogether = async (set) => {
      await real(set);
      throw new Fault("store-failed", { detail: "the answer was lost" });
    };
    await assert.rejects(rig.apply(wish, { prune: true }), Fault);
    rig.changeTogether = real;
    assert.deepEqual(steps(await rig.apply(wish, { prune: true })), []);
    assert.deepEqual([rig.names().toSorted(), rig.destinations.has("new")], [["a", "b", "c"], true]);
    assert.equal(rig.running.size, 3);
    assert.deepEqual((await rig.store.sources()).length, 3);
  });

  it("changes of the API and of files take turns", async () => {
    const [, posted] = await Promise.all([rig.apply([B, SINK]), rig.definitions.create(COLLECTOR_ID, source({ name: "c" }))]);
    assert.deepEqual(rig.names().toSorted(), ["(a)", "b", "c"]);
    assert.equal(rig.configuration.kept().sources[posted.source.record.id], undefined);
  });
});

describe("laws of applying", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
  const wishes = fc.array(fc.record({ names, category: fc.constantFrom("x", "y"), prune: fc.boolean() }), { minLength: 1, maxLength: 6 });

  it("after any history: the same wish again changes nothing, living sources are the wanted ones, ids are kept", async () => {
    await fc.assert(fc.asyncProperty(wishes, async (history) => {
      const rig = await openRig();
      try {
        const ids = new Map<string, number>();
        for (const [index, { names: wanted, category, prune }] of history.entries()) {
          const files = [SINK, ...wanted.map((name) => file(`sources/${name}-${index}.json`, source({ name, category })))];
          await rig.apply(files, { prune, revision: `r${index}` });
          assert.deepEqual((await rig.apply(files, { prune, revision: `r${index}` })).steps, []);
          assert.deepEqual(rig.names().filter((name) => !name.startsWith("(")).toSorted(), wanted.toSorted());
          if (prune) assert.deepEqual(rig.names().toSorted(), wanted.toSorted());
          for (const name of wanted) {
            if (ids.has(name)) assert.equal(rig.id(name), ids.get(name));
            ids.set(name, rig.id(name));
          }
          for (const name of ids.keys()) if (!rig.definitions.list().some(({ config, record }) => config.name === name && !record.stopping)) ids.delete(name);
        }
      } finally {
        await rig.close();
      }
    }), { numRuns: 30 });
  });
});
