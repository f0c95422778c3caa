import { disposeBatch, type Batch } from '../../data/loading/batch';

/** Yields each batch with the one after it, if `needsNext` is true; otherwise with undefined. */
export async function* withNext(
  batches: AsyncGenerator<Batch>,
  needsNext: boolean,
): AsyncGenerator<readonly [Batch, Batch | undefined], void> {
  let current: Batch | undefined;
  let next: Batch | undefined;
  const read = async (): Promise<Batch | undefined> => {
    const result = await batches.next();
    return result.done === true ? undefined : result.value;
  };
  try {
    for (;;) {
      current = next ?? (await read());
      next = undefined;
      if (!current) return;
      if (needsNext) next = await read();
      // From here on the consumer owns the batch, also if it leaves the loop.
      const yielded = current;
      current = undefined;
      yield [yielded, next];
    }
  } finally {
    for (const batch of [current, next]) if (batch) disposeBatch(batch);
    await batches.return(undefined);
  }
}
