import { disposeBatch, type Batch } from '../../data/loading/batch';

/** Each with the one that comes after it, where it is wanted: then that is drawn before this one is used. */
export async function* withNext(
  batches: AsyncGenerator<Batch>,
  wanted: boolean,
): AsyncGenerator<readonly [Batch, Batch | undefined], void> {
  let current: Batch | undefined;
  let next: Batch | undefined;
  const draw = async (): Promise<Batch | undefined> => {
    const drawn = await batches.next();
    return drawn.done === true ? undefined : drawn.value;
  };
  try {
    for (;;) {
      current = next ?? (await draw());
      next = undefined;
      if (!current) return;
      if (wanted) next = await draw();
      const given = current;
      current = undefined;
      yield [given, next];
    }
  } finally {
    for (const batch of [current, next]) if (batch) disposeBatch(batch);
    await batches.return(undefined);
  }
}
