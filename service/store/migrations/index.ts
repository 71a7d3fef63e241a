import type { Migration } from "../migrate.js";
import { administration } from "./administration.js";
import { documents } from "./documents.js";
import { initial } from "./initial.js";

/** In order, forward only: a released migration is never edited, a correction is a new one at the end. */
export const MIGRATIONS: readonly Migration[] = [initial, administration, documents];
