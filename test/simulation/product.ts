/** What is put to the test: the collector of this folder, or a copy of it with a bug planted. */
import { createApp } from "../../service/app.js";
import { Fault } from "../../service/core/fault.js";
import { createSealer } from "../../service/store/sealer.js";
import { openSqliteStore } from "../../service/store/sqlite.js";

export interface Product {
  readonly createApp: typeof createApp;
  readonly openSqliteStore: typeof openSqliteStore;
  readonly createSealer: typeof createSealer;
  /** Its own class: a copy knows only its own faults as faults. */
  readonly Fault: typeof Fault;
}

export const PRODUCT: Product = { createApp, openSqliteStore, createSealer, Fault };

/** The collector below another root, e.g. file:///tmp/copy/. */
export async function loadProduct(root: URL): Promise<Product> {
  const load = async (path: string) => (await import(new URL(`service/${path}.ts`, root).href)) as unknown;
  const [app, fault, sealer, sqlite] = await Promise.all(["app", "core/fault", "store/sealer", "store/sqlite"].map(load));
  return { ...(app as Pick<Product, "createApp">), ...(fault as Pick<Product, "Fault">), ...(sealer as Pick<Product, "createSealer">), ...(sqlite as Pick<Product, "openSqliteStore">) };
}
