/** Seeds played by several processes: a machine's cores, and proof that a seed does not depend on what ran before it. */
import { fork, type ChildProcess } from "node:child_process";
import type { Sums } from "./world.js";

/** What a child is asked: one seed, of the product or of a planted bug. */
export interface Order {
  readonly seed: number;
  /** Name of the bug; absent: none. */
  readonly bug?: string;
}
export type Outcome = Order & { readonly tookMs: number } & ({ readonly sums: Sums; readonly broken?: never } | { readonly broken: string; readonly sums?: never });

export interface PoolOptions {
  readonly workers: number;
  /** The next order; undefined when there is none left. Called again after each outcome. */
  next(): Order | undefined;
  done(outcome: Outcome): void;
}

/** Resolves when every order is done. Throws when a child dies. */
export async function play({ workers, next, done }: PoolOptions): Promise<void> {
  await Promise.all(Array.from({ length: workers }, () => playInChild(next, done)));
}

async function playInChild(next: PoolOptions["next"], done: PoolOptions["done"]): Promise<void> {
  const first = next();
  if (!first) return;
  const child = fork(new URL("./child.ts", import.meta.url), { execArgv: ["--import=tsx"], serialization: "json" });
  try {
    for (let order: Order | undefined = first; order; order = next()) done(await ask(child, order));
  } finally {
    if (child.connected) child.disconnect();
  }
}

function ask(child: ChildProcess, order: Order): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) => reject(new Error(`the process that played seed ${order.seed} ended with ${code}`));
    child.once("exit", gone);
    child.once("message", (outcome) => {
      child.off("exit", gone);
      resolve(outcome as Outcome);
    });
    child.send(order);
  });
}
