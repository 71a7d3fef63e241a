/** What one caller may ask at once and in a minute; health events; looking at lines as they are delivered. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { createRecent } from "../../service/collect/recent.js";
import { Fault } from "../../service/core/fault.js";
import { reached, STARTING, troubled } from "../../service/core/health.js";
import type { Batch, Sink } from "../../service/ports.js";
import { NOW_MS, openBench, post, type Bench } from "./harness.js";
import { createAccessKey } from "../../service/web/access-keys.js";

describe("web: rate limits", () => {
  it("answer 429 with Retry-After beyond a minute's requests, per access key, and let pass as time goes", async () => {
    const bench = await openBench({ web: { limits: { requestsPerMinute: 3, concurrent: 10 } } });
    const other = await createAccessKey(bench.store, bench.clock);
    const statuses = [];
    for (let time = 0; time < 4; time++) statuses.push((await bench.send("GET", "/api/v1/sources")).status);
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    const refused = await bench.send("GET", "/api/v1/sources");
    assert.deepEqual([refused.headers["retry-after"], (refused.json as { code: string }).code], ["20", "rate.limit.exceeded"]);
    assert.equal((await bench.send("GET", "/api/v1/sources", { key: other })).status, 200, "another key has its own");
    assert.equal((await bench.send("GET", "/healthz")).status, 200, "probes are not counted");
    bench.clock.now += 20_000;
    assert.deepEqual([(await bench.send("GET", "/api/v1/sources")).status, (await bench.send("GET", "/api/v1/sources")).status], [200, 429]);
    bench.clock.now -= 3_600_000;
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 429);
    bench.clock.now += 20_000;
    assert.equal((await bench.send("GET", "/api/v1/sources")).status, 200, "a clock that was put back locks nobody out for long");
    await bench.close();
  });

  it("answer 429 beyond the requests at once, and let pass when one is over", async () => {
    const held: (() => void)[] = [];
    let arrived = () => undefined as void;
    const bench = await openBench({
      web: { limits: { requestsPerMinute: 1e6, concurrent: 2 } },
      before: (request, response, next) => {
        if (request.url !== "/api/v1/sources?hold") return next();
        const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
        response.end = ((...given: unknown[]) => (held.push(() => end(...given)), arrived(), response)) as never;
        next();
      },
    });
    const two = [0, 1].map(() => bench.send("GET", "/api/v1/sources?hold"));
    while (held.length < 2) await new Promise<void>((resolve) => (arrived = resolve));
    const third = await bench.send("GET", "/api/v1/sources");
    assert.deepEqual([third.status, third.headers["retry-after"]], [429, "1"]);
    for (const release of held) release();
    assert.deepEqual((await Promise.all(two)).map(({ status }) => status), [200, 200]);
    let status = 429;
    while (status === 429) ({ status } = await bench.send("GET", "/api/v1/sources"));
    assert.equal(status, 200);
    await bench.close();
  });
});

describe("web: health events", () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());
  interface Event {
    eventId: string;
    eventName: string;
    severityLevel: string;
    eventTime: string;
    details: { trackerId: string; name: string; description: string };
    resourceIdentity: { id: string; name: string; type: string; collectorId: string; collectorName: string };
  }
  const events = async (path = "/api/v1/healthEvents", body?: unknown) => (await bench.send(body === undefined ? "GET" : "POST", path, { body })).json as { data: Event[]; next: string | null };

  async function scene(): Promise<number[]> {
    const { id: collectorId } = ((await bench.send("POST", "/api/v1/collectors", { body: { collector: { name: "west" } } })).json as { collector: { id: number } }).collector;
    const { id: healthy } = await post(bench, { name: "healthy" });
    const { id: expired } = await post(bench, { name: "expired" });
    const { id: passing } = await post(bench, { name: "passing" });
    const collecting = reached(STARTING, "Collecting");
    bench.states.set(healthy, { health: collecting });
    bench.states.set(expired, { health: troubled(collecting, new Fault("secret-expired", { status: 401 }), NOW_MS - 5000, NOW_MS) });
    bench.states.set(passing, { health: { ...troubled(collecting, new Fault("html-answer"), NOW_MS - 1000, NOW_MS), warning: { text: "the destination complained", atMs: NOW_MS - 9000 } } });
    return [collectorId, healthy, expired, passing];
  }

  it("are what is wrong now, newest first, in the vendor's shape", async () => {
    const [, , expired] = await scene();
    const { data, next } = await events();
    assert.deepEqual(data.map(({ resourceIdentity, eventName, severityLevel }) => [resourceIdentity.name, eventName, severityLevel]), [["passing", "Recovering", "Warning"], ["expired", "VendorConfigError", "Error"], ["passing", "DestinationWarning", "Warning"]]);
    assert.equal(next, null);
    const { eventId, ...event } = data[1]!;
    assert.match(eventId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual(event.resourceIdentity, { id: expired!.toString(16).toUpperCase().padStart(16, "0"), name: "expired", type: "SourceResource", collectorId: "0000000005F5E100", collectorName: "default" });
    assert.deepEqual([event.eventTime, event.details.trackerId], [new Date(NOW_MS - 5000).toISOString(), "secret-expired"]);
    assert.equal((await events()).data[1]!.eventId, eventId, "one trouble is one event");
  });

  it("come page by page, without holes when one is resolved in between", async () => {
    const [, , , passing] = await scene();
    const first = await events("/api/v1/healthEvents?limit=1");
    bench.states.set(passing!, { health: { ...reached(STARTING, "Collecting"), warning: { text: "the destination complained", atMs: NOW_MS - 9000 } } });
    const rest = await events(`/api/v1/healthEvents?limit=5&token=${first.next}`);
    assert.deepEqual(rest.data.map(({ resourceIdentity }) => resourceIdentity.name), ["expired", "passing"]);
    assert.equal((await bench.send("GET", "/api/v1/healthEvents?token=nonsense")).status, 400);
  });

  it("of resources are those of the sources and collectors that are named, in hex or decimal", async () => {
    const [collectorId, healthy, expired] = await scene();
    const of = async (...data: object[]) => (await events("/v1/healthEvents/resources", { data })).data.map(({ resourceIdentity }) => resourceIdentity.name);
    assert.deepEqual(await of({ id: expired!.toString(16).padStart(16, "0"), type: "SourceResource" }), ["expired"]);
    assert.deepEqual(await of({ id: String(expired) }, { id: healthy }), ["expired"]);
    assert.deepEqual(await of({ id: "0000000005F5E100", type: "CollectorResource" }), ["passing", "expired", "passing"]);
    assert.deepEqual(await of({ id: collectorId }), []);
    assert.deepEqual(await of(), []);
    for (const body of [{}, { data: {} }, { data: [1] }, { data: [{}] }, { data: [{ id: "x" }] }, []]) assert.equal((await bench.send("POST", "/v1/healthEvents/resources", { body })).status, 400, JSON.stringify(body));
  });
});

describe("recent lines", () => {
  const clock = { now: NOW_MS, nowMs: () => clock.now, sleep: () => Promise.reject(new Error("nobody sleeps here")) };
  let broken = false;
  const sink: Sink = { limits: { batchBytesMax: 1, batchRowsMax: 1 }, check: async () => undefined, write: async () => (broken ? Promise.reject(new Fault("destination-error")) : { sentBytes: 0 }), close: async () => undefined };
  const batch = (lines: readonly string[], sourceId = 1): Batch => ({ id: "1", lines, bytes: 0, origin: { sourceId, name: "x", fields: {} } });
  const signal = new AbortController().signal;
  beforeEach(() => (broken = false));

  it("are those delivered since the last look, of this source, and only what the destination has taken", async () => {
    const recent = createRecent(clock);
    const watched = recent.watch("archive", sink);
    await watched.write(batch(["before anybody looked"]), signal);
    const { next } = recent.look(1, undefined, 10);
    await watched.write(batch(["a", "b"]), signal);
    await watched.write(batch(["of another"], 2), signal);
    broken = true;
    await assert.rejects(watched.write(batch(["refused"]), signal));
    const one = recent.look(1, next, 1);
    assert.deepEqual([one.lines.map(({ line, destination }) => [line, destination]), one.complete], [[["a", "archive"]], true]);
    const two = recent.look(1, one.next, 10);
    assert.deepEqual(two.lines.map(({ line }) => line), ["b"]);
    assert.deepEqual(recent.look(1, two.next, 10), { lines: [], next: two.next, complete: true });
  });

  it("are bounded in number and size, and say when some are missing", async () => {
    const recent = createRecent(clock);
    const watched = recent.watch("default", sink);
    const { next } = recent.look(1, undefined, 10);
    await watched.write(batch(Array.from({ length: 1500 }, (_, at) => String(at))), signal);
    const many = recent.look(1, next, 10_000);
    assert.deepEqual([many.lines.length, many.lines[0]?.line, many.complete], [1000, "500", false]);
    await watched.write(batch(["x".repeat(700_000), "y".repeat(700_000)]), signal);
    const large = recent.look(1, many.next, 10);
    assert.deepEqual([large.lines.map(({ line }) => line[0]), large.complete], [["y"], false]);
  });

  it("are not kept when nobody has looked for a minute, and a later look says that some are missing", async () => {
    const recent = createRecent(clock);
    const watched = recent.watch("default", sink);
    const { next } = recent.look(1, undefined, 10);
    clock.now += 60_000;
    await watched.write(batch(["unseen"]), signal);
    const late = recent.look(1, next, 10);
    assert.deepEqual([late.lines, late.complete], [[], false]);
    await watched.write(batch(["seen"]), signal);
    assert.deepEqual(recent.look(1, late.next, 10).lines.map(({ line }) => line), ["seen"]);
  });
});
