/** A process that plays one seed after the other, as it is told. */
import { PLANTED } from "./planted.js";
import { plant, type Plot } from "./plot.js";
import type { Order, Outcome } from "./pool.js";
import { drawScenario } from "./scenario.js";
import { World } from "./world.js";

let plot: Plot | undefined;

async function productOf(bug: string | undefined) {
  if (bug === undefined) return {};
  if (plot?.bug.name !== bug) {
    plot?.clear();
    plot = await plant(PLANTED.find(({ name }) => name === bug)!);
  }
  return { product: plot.product };
}

async function play(order: Order): Promise<Outcome> {
  const product = await productOf(order.bug);
  const startedMs = performance.now();
  try {
    const sums = await new World(drawScenario(order.seed), product).play();
    return { ...order, tookMs: performance.now() - startedMs, sums };
  } catch (thrown) {
    return { ...order, tookMs: performance.now() - startedMs, broken: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

process.on("message", (order: Order) => {
  void play(order).then((outcome) => process.connected && process.send?.(outcome));
});
process.on("disconnect", () => plot?.clear());
