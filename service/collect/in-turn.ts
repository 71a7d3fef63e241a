/** Changes one after the other: whoever comes later sees what those before have done. */
export type InTurn = <T>(change: () => Promise<T>) => Promise<T>;

/** A queue of its own. A change that fails does not stop those behind it. */
export function inTurn(): InTurn {
  let queue: Promise<unknown> = Promise.resolve();
  return <T>(change: () => Promise<T>): Promise<T> => {
    const turn = queue.then(change, change);
    queue = turn.catch(() => undefined);
    return turn;
  };
}
