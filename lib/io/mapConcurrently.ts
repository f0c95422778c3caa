/** Applies `work` to all items, at most `limit` at a time. Returns the results in the order of the items. */
export async function mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = [...items].entries();
  await Promise.all(
    Array.from({ length: limit }, async () => {
      // All loops share one iterator, so that each item is taken once.
      for (const [index, item] of queue) results[index] = await work(item, index);
    }),
  );
  return results;
}
