/** The cost of a training step of one pair with one way to train. */
export interface StepCostRow {
  readonly pair: string;
  readonly way: string;
  /** Median processor time, summed over threads, in milliseconds. */
  readonly work: number;
  /** Peak memory of tensors in megabytes. */
  readonly memory: number;
}

/** Work or memory of each row as a multiple of the same pair's row for `scratch`. */
export function timesScratch<Row extends StepCostRow>(
  rows: readonly Row[],
  quantity: 'work' | 'memory',
): (Row & { readonly times: number })[] {
  return rows.map((row) => {
    const scratch = rows.find(({ pair, way }) => pair === row.pair && way === 'scratch');
    return { ...row, times: row[quantity] / (scratch?.[quantity] ?? NaN) };
  });
}

/** What does distillation cost? `ways` are named in the answer; `parameters` are those of the saved student. */
export function costAnswer(rows: readonly StepCostRow[], ways: readonly string[], parameters: number): string {
  const [work, memory] = (['work', 'memory'] as const).map((quantity) => timesScratch(rows, quantity));
  const range = (of: typeof work, way: string): string => {
    const times = (of ?? []).filter((row) => row.way === way).map((row) => row.times);
    const [low, high] = [Math.min(...times).toFixed(1), Math.max(...times).toFixed(1)];
    return low === high ? low : `${low} to ${high}`;
  };
  const sentences = ways.map(
    (way) => `${way} takes ${range(work, way)} times the work (memory: ${range(memory, way)} times)`,
  );
  return (
    `Compared with a training step from scratch, ${sentences.join(', and ')}. ` +
    `At inference distillation costs nothing: the saved student has the same ${parameters.toLocaleString('en')} ` +
    'parameters and identical logits.'
  );
}
