import type { SinkType } from "../ports.js";
import { file } from "./file.js";
import { stdout } from "./stdout.js";
import { sumoLogicHttp } from "./sumo-logic-http.js";

/**
 * Every kind of destination, one per file of this folder; a test compares the two. Each takes the config that its schema has
 * checked and defaulted, which is why the list may forget the type of it.
 */
export const SINK_TYPES: readonly SinkType[] = [file, stdout, sumoLogicHttp] as readonly SinkType[];
