import { disposeBatch, type Batch, type TrainingImages } from '../../data/loading/batch';

/** Yields each batch with the one after it, if `needsNext` is true; otherwise with undefined. */
export async function* withNext<T extends Batch<TrainingImages>>(
  batches: AsyncGenerator<T>,
  needsNext: boolean,
): AsyncGenerator<readonly [T, T | undefined], void> {
  let current: T | undefined;
  let next: T | undefined;
  const read = async (): Promise<T | undefined> => {
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
