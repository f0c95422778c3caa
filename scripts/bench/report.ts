import type { OpRun } from './profile';

/** Total time, calls and floating-point operations of a group of ops. */
interface Group {
  readonly name: string;
  readonly milliseconds: number;
  readonly calls: number;
  readonly flops: number;
}

/** A training step whose ops were timed one by one, beside its usual time. */
export interface ProfiledStep {
  readonly ops: readonly OpRun[];
  /** Images. */
  readonly batch: number;
  readonly milliseconds: number;
  /** GFLOP/s of a large matrix product. */
  readonly peak: number;
  readonly bf16: boolean;
}

/** The profile as text: the whole step, then its time by op and by the first `depth` names of layers. */
export function profileLines({ ops, batch, milliseconds, peak, bf16 }: ProfiledStep, depth: number): string[] {
  const gigaflop = totalFlops(ops) / 1e9;
  const opTime = ops.reduce((sum, op) => sum + op.milliseconds, 0);
  const product = `a matrix product of 2048${bf16 ? ' in bfloat16' : ''} reaches ${peak.toFixed(0)} GFLOP/s`;
  const tables = (['forward', 'backward'] as const).flatMap((direction) => {
    const part = ops.filter((each) => each.direction === direction);
    const byOp = grouped(part, ({ op }) => op).slice(0, 16);
    const byLayer = grouped(part, ({ layer }) => outer(layer, depth));
    return [`\n${direction}, by op`, ...lines(byOp, peak), `\n${direction}, by layer`, ...lines(byLayer, peak)];
  });
  return [
    `${milliseconds.toFixed(0)} ms per step, ${((batch / milliseconds) * 1e3).toFixed(1)} images/s`,
    `${gigaflop.toFixed(1)} GFLOP in products, ${((gigaflop / milliseconds) * 1e3).toFixed(0)} GFLOP/s; ${product}`,
    `${ops.length} ops in ${opTime.toFixed(0)} ms`,
    ...tables,
  ];
}

/** Multiplications and additions of all products. */
export function totalFlops(ops: readonly OpRun[]): number {
  return ops.reduce((sum, { flops }) => sum + flops, 0);
}

/** Groups ops by a name, sorted by decreasing time. */
function grouped(runs: readonly OpRun[], nameOf: (run: OpRun) => string): Group[] {
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
function lines(groups: readonly Group[], peak: number): string[] {
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
function outer(layer: string, names: number): string {
  return layer === '' ? '(outside layers)' : layer.split('.').slice(0, names).join('.');
}
