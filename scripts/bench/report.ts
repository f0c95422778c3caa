import type { OpRun } from './profile';

/** Total time, calls and floating-point operations of a group of ops. */
export interface Group {
  readonly name: string;
  readonly milliseconds: number;
  readonly calls: number;
  readonly flops: number;
}

/** Groups ops by a name, sorted by decreasing time. */
export function grouped(runs: readonly OpRun[], nameOf: (run: OpRun) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const run of runs) {
    const name = nameOf(run);
    const { milliseconds = 0, calls = 0, flops = 0 } = groups.get(name) ?? {};
    groups.set(name, {
      name,
      milliseconds: milliseconds + run.milliseconds,
      calls: calls + 1,
      flops: flops + run.flops,
    });
  }
  return [...groups.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Lines of a table: time, share of the time, calls, and for matrix products GFLOP/s and the share of the peak. */
export function lines(groups: readonly Group[], peak: number): string[] {
  const total = groups.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return groups.map(({ name, milliseconds, calls, flops }) => {
    const speed = flops / milliseconds / 1e6;
    return [
      name.padEnd(44),
      `${milliseconds.toFixed(1).padStart(8)} ms`,
      `${((100 * milliseconds) / total).toFixed(1).padStart(5)} %`,
      `${String(calls).padStart(4)} calls`,
      flops > 0
        ? `${speed.toFixed(0).padStart(5)} GFLOP/s ${((100 * speed) / peak).toFixed(0).padStart(4)} % of peak`
        : '',
    ]
      .join('  ')
      .trimEnd();
  });
}

/** Returns the first names of a layer's path: `student.blocks.0` of `student.blocks.0.mlp.fc1`. */
export function outer(layer: string, names: number): string {
  return layer === '' ? '(outside layers)' : layer.split('.').slice(0, names).join('.');
}
