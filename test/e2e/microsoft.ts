/** The emulator on loopback, watched: every request can be looked at, lost, or used as the moment of a kill. */
import type { Answer, EmulatorRequest } from "../../service/emulator/answer.js";
import { createEmulator, type Emulator } from "../../service/emulator/emulator.js";
import type { EmulatorOptions } from "../../service/emulator/scene.js";
import { serveEmulator } from "../../service/emulator/serve-emulator.js";
import { systemClock } from "../../service/system/clock.js";

/** What a request is for. */
export type Place = "login" | "page" | "receiver";
export type Moment = "arrived" | "taken" | "answered";

/** Told of each request three times. "lose" at arrival: it is never looked at, and its connection breaks. */
export type Watch = (place: Place, moment: Moment) => "lose" | void;

export interface Microsoft {
  readonly emulator: Emulator;
  readonly url: string;
  watch: Watch;
  /** Every token that was given out. */
  readonly tokens: ReadonlySet<string>;
  /** Breaks the connections of requests that hang, as a network does in the end. */
  dropHanging(place: Place): void;
  close(): Promise<void>;
}

const BROKEN: Answer = { cut: { status: 200, headers: {}, body: new Uint8Array(1), afterBytes: 0 } };
const PLACES: readonly [RegExp, Place][] = [[/\/login\//, "login"], [/\/(?:graph|reporting)\//, "page"], [/\/receiver\//, "receiver"]];

export async function serveMicrosoft(options: Omit<EmulatorOptions, "clock" | "baseUrl">): Promise<Microsoft> {
  const emulator = createEmulator({ clock: systemClock, baseUrl: "http://127.0.0.1", ...options });
  const tokens = new Set<string>();
  let hanging: { readonly place: Place; readonly drop: (answer: Answer) => void }[] = [];
  const served = await serveEmulator({ ...emulator, handle }, { host: "127.0.0.1", port: 0 });

  async function handle(request: EmulatorRequest): Promise<Answer> {
    const place = PLACES.find(([path]) => path.test(new URL(request.url).pathname))?.[1];
    if (place === undefined) return emulator.handle(request);
    if (microsoft.watch(place, "arrived") === "lose") return BROKEN;
    const answer = await emulator.handle(request);
    if (place === "login") for (const token of tokensOf(answer)) tokens.add(token);
    microsoft.watch(place, "taken");
    if ("hang" in answer) return new Promise((drop) => hanging.push({ place, drop }));
    setImmediate(() => microsoft.watch(place, "answered"));
    return answer;
  }

  const microsoft: Microsoft = {
    emulator,
    url: served.url,
    watch: () => undefined,
    tokens,
    dropHanging(place) {
      for (const one of hanging) if (one.place === place) one.drop(BROKEN);
      hanging = hanging.filter((one) => one.place !== place);
    },
    close: () => served.close(),
  };
  return microsoft;
}

function tokensOf(answer: Answer): readonly string[] {
  if ("hang" in answer) return [];
  const { body } = "cut" in answer ? answer.cut : answer;
  const text = new TextDecoder().decode(body);
  return [...text.matchAll(/"(?:access|refresh)_token":"([^"]+)"/g)].map(([, token]) => token!);
}
