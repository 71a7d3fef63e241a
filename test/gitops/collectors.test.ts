/** Hosted collectors from files: made, changed, moved between, and gone; ids, cursors and what people posted survive. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Fault } from "../../service/core/fault.js";
import { ConfigRefused, type Planned } from "../../service/gitops/configuration.js";
import { KEPT_DOCUMENT, loadKept } from "../../service/gitops/kept.js";
import { tellPlan } from "../../service/gitops/tell-plan.js";
import { planForm } from "../../service/web/config-form.js";
import { COLLECTOR_ID, openRig, type Rig } from "./rig.js";
import { file, source, sourceIn } from "./samples.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEST = file("collectors/west.json", { name: "west", description: "one", fields: { team: "security" } });
const EAST = file("collectors/east.yaml", { name: "east" });
const HERE = file("sources/here.json", source({ name: "here" }));
const inWest = (name = "a") => file(`sources/${name}.json`, sourceIn("west", { name }));

function steps({ steps: all }: Planned): string[] {
  return all.map(({ kind, object, name, collector }) => `${kind} ${object} ${name}${collector === undefined ? "" : ` in ${collector}`}`);
}

describe("collectors from files", () => {
  let rig: Rig;
  beforeEach(async () => void (rig = await openRig()));
  afterEach(() => rig.close());

  it("are made with their sources in one change, and made once", async () => {
    const files = [WEST, EAST, inWest(), HERE];
    const planned = rig.plan(files);
    assert.deepEqual(steps(planned), ["create collector east", "create collector west", "create source a in west", "create source here"]);
    assert.deepEqual([rig.folders(), await rig.store.collectors()], [[], []]);
    const applied = await rig.apply(files);
    assert.deepEqual([steps(applied), rig.names()], [steps(planned), ["west/a", "here"]]);
    const { revision, description, fields, timeZone } = rig.collectors.named("west")!;
    assert.deepEqual({ revision, description, fields, timeZone }, { revision: 1, description: "one", fields: { team: "security" }, timeZone: "Etc/UTC" });
    assert.deepEqual(applied.steps.map((step) => step.id), [rig.folder("east"), rig.folder("west"), rig.id("a"), rig.id("here")]);
    const again = await rig.apply(files);
    assert.deepEqual([steps(again), again.unchanged, rig.starts, rig.collectors.named("west")!.revision], [[], 4, 2, 1]);
    assert.deepEqual(rig.configuration.kept().collectors[rig.folder("west")], { by: "apply", file: "collectors/west.json", revision: "r1" });
    await rig.restart();
    assert.deepEqual([steps(await rig.apply(files)), rig.names(), rig.configuration.kept()], [[], ["west/a", "here"], await loadKept(rig.store)]);
  });

  it("keep their id when they are edited, moved and renamed in their file, and their sources do not notice", async () => {
    await rig.apply([WEST, inWest()]);
    const [id, a, starts] = [rig.folder("west"), rig.id("a"), rig.starts];
    const edited = await rig.apply([file("collectors/west.json", { name: "west", category: "x", timeZone: "Europe/Berlin", fields: { team: "mail" } }), inWest()]);
    assert.deepEqual(edited.steps, [{
      kind: "update", object: "collector", name: "west", file: "collectors/west.json", id,
      changes: [{ pointer: "/description", from: '"one"' }, { pointer: "/category", to: '"x"' }, { pointer: "/timeZone", from: '"Etc/UTC"', to: '"Europe/Berlin"' }, { pointer: "/fields/team", from: '"security"', to: '"mail"' }],
    }]);
    const moved = await rig.apply([{ ...WEST, path: "collectors/emea/w.yaml" }, inWest()]);
    assert.deepEqual([steps(moved), moved.moved], [["update collector west"], [{ name: "west", from: "collectors/west.json", to: "collectors/emea/w.yaml" }]]);
    const renamed = await rig.apply([file("collectors/emea/w.yaml", { name: "far west", description: "one", fields: { team: "security" } }), file("sources/a.json", sourceIn("far west", { name: "a" }))]);
    assert.deepEqual(renamed.steps.map((step) => ("changes" in step ? step.changes : step)), [[{ pointer: "/name", from: '"west"', to: '"far west"' }]]);
    assert.deepEqual([rig.folder("far west"), rig.folders(), rig.id("a"), rig.starts, rig.definitions.get(a)!.record.revision], [id, ["far west"], a, starts, 1]);
  });

  it("take a source over from one another with its id, its progress and its pause", async () => {
    await rig.apply([WEST, EAST, inWest(), HERE]);
    const id = rig.id("a");
    const revision = await rig.store.commit(id, 0, { coverage: { spans: [1] }, totals: { rows: 7 }, buckets: [] });
    await rig.definitions.pause(id, true);
    const moved = await rig.apply([WEST, EAST, file("sources/a.json", sourceIn("east", { name: "a" })), HERE]);
    assert.deepEqual(moved.steps, [{ kind: "update", object: "source", name: "a", file: "sources/a.json", collector: "east", id, changes: [{ pointer: "/collector", from: '"west"', to: '"east"' }] }]);
    assert.deepEqual([rig.names(), rig.id("a")], [["(east/a)", "here"], id]);
    await rig.definitions.pause(id, false);
    // To the one that is always there, edited and in another file at the same time; and from it.
    assert.deepEqual(steps(await rig.apply([WEST, EAST, file("sources/b/a.yaml", source({ name: "a", category: "x" })), file("sources/here.json", sourceIn("west", { name: "here" }))])), ["update source a", "update source here in west"]);
    assert.deepEqual([rig.names(), rig.id("a"), rig.running.has(id)], [["a", "west/here"], id, true]);
    assert.deepEqual(await rig.store.progress(id), { revision, coverage: { spans: [1] }, totals: { rows: 7 } });
    await rig.restart();
    assert.deepEqual(rig.names(), ["a", "west/here"]);
  });

  it("may each have a source of one name; those that move at once are told apart by their files", async () => {
    const twins = (west: string, east: string) => [WEST, EAST, file("collectors/south.json", { name: "south" }), file("sources/w.json", sourceIn(west, { name: "a" })), file("sources/e.json", sourceIn(east, { name: "a" }))];
    await rig.apply(twins("west", "east"));
    const idsOf = () => Object.fromEntries(Object.entries(rig.configuration.kept().sources).map(([id, mark]) => [mark.file, Number(id)]));
    const before = idsOf();
    assert.deepEqual(rig.names(), ["east/a", "west/a"]);
    assert.deepEqual(steps(await rig.apply(twins("west", "south"))), ["update source a in south"]);
    assert.deepEqual(idsOf(), before);
    assert.deepEqual(steps(await rig.apply(twins("east", "default"))), ["update source a", "update source a in east"]);
    assert.deepEqual([idsOf(), rig.names()], [before, ["a", "east/a"]]);
    // Nothing tells which of the two it is: neither is taken.
    const guess = await rig.apply([WEST, EAST, file("sources/new.json", sourceIn("west", { name: "a" }))]);
    assert.deepEqual(steps(guess), ["create source a in west", "pause source a", "pause source a in east"]);
  });

  it("give no source's progress to one of another tenant that has its name elsewhere, unless its own file says so", async () => {
    const other = { name: "a", tenantID: "99999999-7777-8888-9999-aaaaaaaaaaaa" };
    await rig.apply([WEST, EAST, inWest()]);
    const id = rig.id("a");
    assert.deepEqual(steps(await rig.apply([WEST, EAST, file("sources/other.json", sourceIn("east", other))])), ["create source a in east", "pause source a in west"]);
    const mark = { ...rig.configuration.kept().sources[id] };
    assert.equal(mark.file, "sources/a.json");
    // In its own file it is an edit, which keeps what was read, as everywhere.
    assert.deepEqual(steps(await rig.apply([WEST, EAST, file("sources/a.json", source(other))])), ["update source a", "pause source a in east"]);
    assert.deepEqual(rig.definitions.get(id)!.record.collectorId, COLLECTOR_ID);
  });

  it("stay for a while when their file is gone, and go with the last of their sources", async () => {
    const grace = { graceMs: DAY_MS };
    await rig.apply([WEST, EAST, inWest(), HERE], grace);
    const [west, east] = [rig.folder("west"), rig.folder("east")];
    const gone = await rig.apply([HERE], grace);
    assert.deepEqual(steps(gone), ["pause source a in west"]);
    assert.match(gone.notes.join("\n"), /"east" has no file any more: it is deleted at 2026-11-23T13:00:00\.000Z\.\nThe collector "west" has no file any more: it is deleted with the last of its sources\./);
    // Back in time: nothing was lost.
    assert.deepEqual(steps(await rig.apply([WEST, EAST, inWest(), HERE], grace)), ["update source a in west"]);
    assert.deepEqual([rig.folder("west"), rig.folder("east"), rig.names()], [west, east, ["west/a", "here"]]);
    await rig.apply([HERE], grace);
    await rig.restart();
    rig.clock.now += DAY_MS - 1;
    assert.deepEqual(steps(await rig.apply([HERE], grace)), []);
    rig.clock.now += 1;
    assert.deepEqual(steps(await rig.apply([HERE], grace)), ["delete source a in west", "delete collector east", "delete collector west"]);
    await rig.emptied();
    assert.deepEqual([rig.folders(), await rig.store.collectors(), rig.names(), Object.keys(rig.configuration.kept().collectors)], [[], [], ["here"], []]);
  });

  it("without a grace period wait for somebody who prunes, and say so", async () => {
    await rig.apply([WEST, EAST, inWest(), HERE]);
    const gone = await rig.apply([HERE]);
    assert.deepEqual(steps(gone), ["pause source a in west"]);
    assert.match(gone.notes.join(), /"east" has no file any more: --prune deletes it\./);
    rig.clock.now += 100 * DAY_MS;
    assert.deepEqual(steps(await rig.apply([HERE])), []);
    const pruned = await rig.apply([HERE], { prune: true });
    assert.deepEqual(steps(pruned), ["delete source a in west", "delete collector east", "delete collector west"]);
    await rig.emptied();
    assert.deepEqual([rig.folders(), rig.names()], [[], ["here"]]);
    // The name is free at once.
    assert.deepEqual(steps(await rig.apply([WEST, inWest()], { prune: true })), ["create collector west", "create source a in west", "delete source here"]);
  });

  it("are never deleted with sources that somebody posted into them", async () => {
    await rig.apply([WEST, inWest(), HERE]);
    const west = rig.folder("west");
    const posted = await rig.definitions.create(west, source({ name: "posted" }));
    const pruned = await rig.apply([HERE], { prune: true });
    assert.deepEqual(steps(pruned), ["delete source a in west"]);
    assert.match(pruned.notes.join(), /"west" has no file any more: it stays, because it holds sources that are not from files \(posted\)\./);
    assert.match(pruned.notes.join(), /Not from files, left alone: posted \(in west\)\./);
    await rig.emptied();
    assert.deepEqual([rig.names(), rig.folder("west")], [["here", "west/posted"], west]);
    await (await rig.definitions.remove(posted.source.record.id)).gone;
    assert.deepEqual(steps(await rig.apply([HERE], { prune: true })), ["delete collector west"]);
    await rig.emptied();
    assert.deepEqual(rig.folders(), []);
  });

  it("that somebody made are taken over by a file of their name, and left alone without one", async () => {
    const { collector: west } = await rig.collectors.create({ name: "west", description: "by hand" });
    const { collector: own } = await rig.collectors.create({ name: "own" });
    const posted = await rig.definitions.create(west.id, source({ name: "a", clientSecret: "Very~Secret-Value.8" }));
    const planned = await rig.apply([WEST, inWest()], { prune: true });
    assert.deepEqual(steps(planned), ["update collector west", "update source a in west"]);
    assert.match(planned.notes.join(), /Collectors that are not from files, left alone: own\./);
    assert.doesNotMatch(JSON.stringify(planned), /Very~Secret/);
    assert.deepEqual([rig.folder("west"), rig.folder("own"), rig.id("a")], [west.id, own.id, posted.source.record.id]);
  });

  it("get no source that somebody posted elsewhere: it goes on, and the plan says how it is moved", async () => {
    const posted = await rig.definitions.create(COLLECTOR_ID, source({ name: "a" }));
    const planned = rig.plan([WEST, inWest()]);
    assert.deepEqual(steps(planned), ["create collector west", "create source a in west"]);
    assert.match(planned.notes.join("\n"), /^The source a goes on beside the new one in the collector "west": to move it, first apply its file for the collector "default"\.$/m);
    await rig.apply([WEST, file("sources/a.json", source({ name: "a" }))]);
    assert.deepEqual(steps(await rig.apply([WEST, inWest()])), ["update source a in west"]);
    assert.deepEqual([rig.names(), rig.id("a")], [["west/a"], posted.source.record.id]);
  });

  it("that were renamed or deleted by the API after an apply are as the files say after the next", async () => {
    await rig.apply([WEST, EAST, inWest()]);
    const west = rig.folder("west");
    await rig.collectors.replace(west, { name: "other" }, 1);
    await (await rig.collectors.remove(rig.folder("east"))).gone;
    assert.deepEqual(steps(await rig.apply([WEST, EAST, inWest()])), ["create collector east", "update collector west"]);
    assert.deepEqual([rig.folder("west"), rig.names()], [west, ["west/a"]]);
    assert.deepEqual(Object.keys(rig.configuration.kept().collectors), [String(west), String(rig.folder("east"))].toSorted());
  });

  it("lets a new source begin where it may begin, whatever another collector has of its name", async () => {
    const old = (collector: string, days: number, more: object = {}) => file(`sources/${collector}.json`, sourceIn(collector, { name: "n", start: new Date(rig.clock.now - days * DAY_MS).toISOString(), ...more }));
    await rig.apply([WEST, EAST, old("west", 80)]);
    rig.clock.now += 20 * DAY_MS;
    const before = JSON.stringify(await rig.store.sources());
    await assert.rejects(rig.apply([WEST, EAST, old("west", 100), old("east", 100)]), (thrown) => thrown instanceof ConfigRefused && thrown.problems.every((problem) => problem.file === "sources/east.json" && problem.pointer === "/config/start"));
    assert.equal(JSON.stringify(await rig.store.sources()), before);
    // One that moves is not new.
    const moved = await rig.apply([WEST, EAST, old("east", 100)]);
    assert.deepEqual([steps(moved), moved.warnings.length], [["update source n in east"], 1]);
  });

  it("are told in plans as text, Markdown and JSON", async () => {
    await rig.apply([WEST, EAST, inWest()]);
    const form = planForm(rig.plan([file("collectors/west.json", { name: "west", fields: { team: "security" } }), file("collectors/new.json", { name: "new" }), file("sources/a.json", sourceIn("new", { name: "a" }))], { prune: true }));
    const [west, east, a] = [rig.folder("west"), rig.folder("east"), rig.id("a")];
    assert.equal(tellPlan(form, "text", "Plan"), [
      "Plan",
      '  + create collector "new"  (collectors/new.json)',
      `  ~ update collector "west" [${west}]  (collectors/west.json)`, '      /description: "one" -> (absent)',
      `  ~ update source "a" in "new" [${a}]  (sources/a.json)`, '      /collector: "west" -> "new"',
      `  - delete collector "east" [${east}]  (collectors/east.yaml)`,
      "1 to create, 2 to update, 1 to delete; 0 unchanged.", "",
    ].join("\n"));
    assert.match(tellPlan(form, "markdown", "Plan"), /^\| \*\*update\*\* \| source \| a in new \| <code>sources\/a\.json<\/code> \| <code>\/collector<\/code>: <code>"west"<\/code> → <code>"new"<\/code> \|$/m);
    assert.deepEqual((JSON.parse(tellPlan(form, "json", "Plan")) as { steps: { object: string; collector?: string; id?: number }[] }).steps.map(({ object, collector, id }) => [object, collector, id]), [["collector", undefined, undefined], ["collector", undefined, west], ["source", "new", a], ["collector", undefined, east]]);
  });
});

describe("collectors, all or nothing", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig();
    await rig.apply([WEST, EAST, inWest(), HERE]);
  });
  afterEach(() => rig.close());

  const state = async () => JSON.stringify([await rig.store.collectors(), await rig.store.sources(), await loadKept(rig.store), rig.configuration.kept(), rig.names(), rig.folders(), [...rig.running]]);
  // West and its source go, east changes, a collector comes, a source moves.
  const wish = [file("collectors/east.yaml", { name: "east", category: "x" }), file("collectors/new.json", { name: "new" }), file("sources/here.json", sourceIn("new", { name: "here" }))];

  it("a store that fails in the middle leaves everything as it was, and the same call then succeeds", async () => {
    const before = await state();
    const real = rig.changeTogether;
    rig.changeTogether = () => Promise.reject(new Fault("store-full"));
    await assert.rejects(rig.apply(wish, { prune: true }), Fault);
    assert.equal(await state(), before);
    // The transaction itself: its last statement fails.
    rig.changeTogether = (set) => real({ ...set, documents: { ...set.documents, ["nothing"]: undefined } });
    await assert.rejects(rig.apply(wish, { prune: true }), Fault);
    assert.equal(await state(), before);
    rig.changeTogether = real;
    assert.equal(steps(await rig.apply(wish, { prune: true })).length, 5);
    await rig.emptied();
    assert.deepEqual([rig.folders(), rig.names(), steps(await rig.apply(wish, { prune: true }))], [["east", "new"], ["new/here"], []]);
  });

  it("an answer of the store that is lost is looked up: the same call again finds everything done", async () => {
    const real = rig.changeTogether;
    rig.changeTogether = async (set) => {
      await real(set);
      throw new Fault("store-failed", { detail: "the answer was lost" });
    };
    await assert.rejects(rig.apply(wish, { prune: true }), Fault);
    rig.changeTogether = real;
    assert.deepEqual(steps(await rig.apply(wish, { prune: true })), []);
    await rig.emptied();
    assert.deepEqual([rig.folders(), rig.names()], [["east", "new"], ["new/here"]]);
  });

  it("a process that ends after the change is made up for by the next", async () => {
    const real = rig.changeTogether;
    rig.changeTogether = async (set) => {
      await real(set);
      throw new Error("killed");
    };
    await assert.rejects(rig.apply(wish, { prune: true }), /killed/);
    rig.changeTogether = real;
    await rig.restart();
    assert.deepEqual([rig.folders(), rig.names(), (await rig.store.collectors()).length, (await rig.store.sources()).length], [["east", "new"], ["new/here"], 2, 1]);
    assert.deepEqual(steps(await rig.apply(wish, { prune: true })), []);
  });

  it("a source that is posted at the same moment is in a collector that stays, or is refused", async () => {
    for (let round = 0; round < 10; round++) {
      await rig.apply([WEST, HERE]);
      const west = rig.folder("west");
      const refused = new Error("no such collector");
      const permitted = () => {
        if (!rig.collectors.get(west)) throw refused;
      };
      const post = (name: string) => rig.definitions.create(west, source({ name }), { permitted }).then(({ source: { record } }) => record.id, (thrown: unknown) => assert.equal(thrown, refused));
      const [first, , second] = await Promise.all([post(`first ${round}`), rig.apply([HERE], { prune: true }), post(`second ${round}`)]);
      await rig.emptied();
      const made = [first, second].filter((id) => typeof id === "number");
      assert.deepEqual((await rig.store.sources()).filter(({ collectorId }) => collectorId === west).map(({ id }) => id), made);
      assert.equal(rig.collectors.get(west) !== undefined, made.length > 0);
      for (const id of made) await (await rig.definitions.remove(id)).gone;
    }
  });

  it("changes of collectors by the API and by files take turns", async () => {
    await Promise.all([rig.apply(wish, { prune: true }), rig.collectors.create({ name: "posted" }), rig.collectors.remove(rig.folder("west")), rig.apply([...wish, WEST]), rig.collectors.create({ name: "posted, too" })].map((change) => change.catch((thrown: unknown) => assert.match(String(thrown), /not-found/))));
    await rig.emptied();
    assert.deepEqual(rig.folders().toSorted(), ["east", "new", "posted", "posted, too", "west"]);
  });

  it("what an older version remembered is understood", async () => {
    const { collectors: _none, ...older } = rig.configuration.kept();
    await rig.store.changeTogether({ inserted: [], replaced: [], documents: { [KEPT_DOCUMENT]: older } });
    await rig.restart();
    assert.deepEqual(rig.configuration.kept().collectors, {});
    assert.deepEqual(steps(await rig.apply([WEST, EAST, inWest(), HERE])), []);
    assert.equal(Object.keys(rig.configuration.kept().collectors).length, 2);
  });
});

describe("laws of collectors from files", () => {
  const places = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("default", "x", "y", "z"), { noNullPrototype: true });
  const wishes = fc.array(fc.record({ places, folders: fc.subarray(["x", "y", "z"]), note: fc.constantFrom("1", "2"), prune: fc.boolean(), posted: fc.boolean() }), { minLength: 1, maxLength: 7 });

  it("after any history: the same wish again changes nothing; ids are kept wherever a source goes; what was posted stays", async () => {
    await fc.assert(fc.asyncProperty(wishes, async (history) => {
      const rig = await openRig();
      try {
        const [ids, folderIds, posted] = [new Map<string, number>(), new Map<string, number>(), new Set<number>()];
        for (const [index, wish] of history.entries()) {
          const folders = new Set([...wish.folders, ...Object.values(wish.places).filter((name) => name !== "default")]);
          const files = [HERE, ...[...folders].map((name) => file(`collectors/${name}${index}.json`, { name, description: wish.note })), ...Object.entries(wish.places).map(([name, place]) => file(`sources/${name}${index}.json`, sourceIn(place, { name })))];
          await rig.apply(files, { prune: wish.prune, revision: `r${index}` });
          assert.deepEqual((await rig.apply(files, { prune: wish.prune, revision: `r${index}` })).steps, []);
          await rig.emptied();
          const wanted = ["here", ...Object.entries(wish.places).map(([name, place]) => (place === "default" ? name : `${place}/${name}`))];
          const fromFiles = rig.names().filter((name) => !name.includes("posted"));
          assert.deepEqual(fromFiles.filter((name) => !name.startsWith("(")).toSorted(), wanted.toSorted());
          if (wish.prune) assert.equal(fromFiles.length, wanted.length);
          for (const name of Object.keys(wish.places)) {
            assert.equal(rig.id(name), ids.get(name) ?? rig.id(name));
            ids.set(name, rig.id(name));
          }
          for (const name of folders) {
            assert.equal(rig.folder(name), folderIds.get(name) ?? rig.folder(name));
            assert.equal(rig.collectors.named(name)!.description, wish.note);
            folderIds.set(name, rig.folder(name));
          }
          const living = rig.definitions.list();
          for (const id of posted) assert.ok(living.some(({ record }) => record.id === id && !record.stopping && rig.collectors.get(record.collectorId)), "posted sources stay, and their collector with them");
          for (const name of ids.keys()) if (!living.some(({ config }) => config.name === name)) ids.delete(name);
          for (const name of folderIds.keys()) if (!rig.folders().includes(name)) folderIds.delete(name);
          if (wish.prune) for (const name of rig.folders()) assert.ok(folders.has(name) || living.some(({ record }) => posted.has(record.id) && record.collectorId === rig.folder(name)), `${name} has no reason to be`);
          if (!wish.posted || rig.folders().length === 0) continue;
          posted.add((await rig.definitions.create(rig.folder(rig.folders()[0]!), source({ name: `posted ${index}` }))).source.record.id);
        }
      } finally {
        await rig.close();
      }
    }), { numRuns: 60 });
  });
});
