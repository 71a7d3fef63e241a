/** Which repeats have an explanation: a line may come again only when the answer to its batch was lost, or a kill came between batch and commit. */

export interface Arrival {
  /** Name of the source. */
  readonly source: string;
  /** Identity and content: what says the same thing. */
  readonly said: string;
  /** The batch, or the line when batches are not known: ascending. */
  readonly batch: number;
}
export interface Repeats {
  readonly explained: number;
  /** The lines that came again without a reason. */
  readonly unexplained: readonly Arrival[];
}

/** `excused` says whether the batch that a line came with before may come again. */
export function judgeRepeats(arrivals: Iterable<Arrival>, excused: (before: Arrival) => boolean): Repeats {
  const last = new Map<string, Arrival>();
  const unexplained: Arrival[] = [];
  let explained = 0;
  for (const arrival of arrivals) {
    const key = `${arrival.source}|${arrival.said}`;
    const before = last.get(key);
    last.set(key, arrival);
    if (before === undefined) continue;
    if (before.batch !== arrival.batch && excused(before)) explained += 1;
    else unexplained.push(arrival);
  }
  return { explained, unexplained };
}
