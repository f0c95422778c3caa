/** The work for every item, at most so many at a time; the results in the items' order. */
export async function mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  together: number,
  work: (item: Item, i: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const turns = [...items].entries();
  await Promise.all(
    Array.from({ length: together }, async () => {
      for (const [i, item] of turns) results[i] = await work(item, i);
    }),
  );
  return results;
}
