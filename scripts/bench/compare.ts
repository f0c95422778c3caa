import { median } from '../../lib/results/statistics/median';
import { thisMachine, threadCount } from '../../lib/runs/runFolder/machine';
import type { Comparison } from './comparison';
import { ours, theirs, type Measured } from './peers';

/** PyTorch's variants of a step, as flags, without `--compile`. */
const variants: readonly (readonly string[])[] = [[], ['--channels-last'], ['--bf16'], ['--bf16', '--channels-last']];

/**
 * Compares our training step with PyTorch's, in any precision and in float32. Each variant of PyTorch is tried once,
 * and those with the least CPU time also with `--compile`. The best ones then run alternately with ours.
 */
export function compareStep(
  python: string,
  setting: string,
  repeats: number,
  print: (line: string) => void,
  compiled = true,
): Comparison {
  const args = setting.split(/\s+/);
  const program = (flags: readonly string[]): Measured => theirs(python, 'pytorch_step.py', [...args, ...flags]);
  const tryOut = (flags: readonly string[]): { readonly flags: readonly string[]; readonly cost: number }[] => {
    try {
      const run = program([...flags, '--steps', '3']);
      print(
        `  PyTorch ${flags.join(' ') || 'default'}: ${speed(run)} images/s, ${processor(run)} ms of CPU time per step`,
      );
      return [{ flags, cost: processor(run) }];
    } catch (error) {
      print(`  PyTorch ${flags.join(' ')}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  };
  const best = (tried: readonly { readonly flags: readonly string[]; readonly cost: number }[]): readonly string[] =>
    [...tried].sort((a, b) => a.cost - b.cost)[0]?.flags ?? [];
  const eager = variants.flatMap(tryOut);
  const inFloat32 = eager.filter((one) => !one.flags.includes('--bf16'));
  const bases = new Set([best(eager), best(inFloat32)]);
  const all = [...eager, ...(compiled ? [...bases].flatMap((base) => tryOut([...base, '--compile'])) : [])];
  const flags = best(all);
  const float32Flags = best(all.filter((one) => !one.flags.includes('--bf16')));
  const [float32, bf16, pytorch, pytorchFloat32] = alternately(repeats, [
    () => ours(['step', ...args]),
    () => ours(['step', ...args, '--bf16']),
    () => program(flags),
    () => program(float32Flags),
  ]) as [Measured[], Measured[], Measured[], Measured[]];
  const speeds = [float32, bf16, pytorch].map((side) => median(side.map(speed))) as [number, number, number];
  const faster =
    speeds[1] > speeds[0]
      ? ({ precision: 'bf16', side: bf16, flags: ['--bf16'] } as const)
      : ({ precision: 'float32', side: float32, flags: [] } as const);
  const fastest = Math.max(speeds[0], speeds[1]);
  const { gigaflops, peak } = last(ours(['roofline', ...args, ...faster.flags]));
  return {
    kind: 'step',
    setting,
    ...circumstances(repeats),
    variant: flags.join(' ') || 'float32, NCHW, eager',
    precision: faster.precision,
    float32: speeds[0],
    pytorchFloat32: median(pytorchFloat32.map(speed)),
    ours: fastest,
    pytorch: speeds[2],
    ratio: fastest / speeds[2],
    processor: median(faster.side.map(processor)),
    pytorchProcessor: median(pytorch.map(processor)),
    ...memories(faster.side, pytorch),
    gigaflops: Number(gigaflops),
    peakGigaflops: Number(peak),
  };
}

/** Compares our CKA heatmap with that of the faster of two PyTorch packages. */
export function compareCka(
  python: string,
  setting: string,
  repeats: number,
  print: (line: string) => void,
): Comparison {
  const args = setting.split(/\s+/);
  const program = (name: string): Measured => theirs(python, 'pytorch_cka.py', [...args, '--only', name]);
  const [fastest] = ['pytorch_cka', 'torch_cka']
    .map((name) => {
      const time = seconds(program(name));
      print(`  ${name}: ${time} s`);
      return { name, time };
    })
    .sort((a, b) => a.time - b.time);
  const [mine, other] = alternately(repeats, [() => ours(['cka', ...args]), () => program(fastest!.name)]) as [
    Measured[],
    Measured[],
  ];
  const [a, b] = [mine, other].map((side) => median(side.map(seconds))) as [number, number];
  return {
    kind: 'cka',
    setting,
    ...circumstances(repeats),
    variant: fastest!.name,
    ours: a,
    pytorch: b,
    ratio: a / b,
    ...memories(mine, other),
  };
}

/** Runs all sides `repeats` times, alternately. Returns the runs of each side. */
function alternately(repeats: number, sides: readonly (() => Measured)[]): Measured[][] {
  const runs: Measured[][] = sides.map(() => []);
  for (let i = 0; i < repeats; i++) sides.forEach((side, k) => runs[k]!.push(side()));
  return runs;
}

function circumstances(repeats: number): Pick<Comparison, 'date' | 'machine' | 'repeats' | 'threads'> {
  const { processor, cores, memoryGB } = thisMachine();
  return {
    date: new Date().toISOString().slice(0, 10),
    repeats,
    threads: threadCount(),
    machine: `${processor}, ${cores} cores, ${memoryGB} GB`,
  };
}

function memories(...sides: readonly [Measured[], Measured[]]): Pick<Comparison, 'memory' | 'pytorchMemory'> {
  const [memory, pytorchMemory] = sides.map((side) => median(side.map(({ peakMemory }) => peakMemory))) as [
    number,
    number,
  ];
  return { memory, pytorchMemory };
}

function last({ lines }: Measured): Readonly<Record<string, unknown>> {
  return lines[lines.length - 1] ?? {};
}

function speed(run: Measured): number {
  return Number(last(run)['images_per_second']);
}

function processor(run: Measured): number {
  return Number(last(run)['cpu_ms_per_step']);
}

function seconds(run: Measured): number {
  return Number(last(run)['seconds']);
}
