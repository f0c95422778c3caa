import { availableParallelism, cpus, totalmem } from 'node:os';
import { median } from './median';
import { ours, theirs, type Measured } from './peers';

/** What both sides were asked to do, what each reached (medians), and how they compare: one line of docs/performance.jsonl. */
export interface Comparison {
  readonly kind: 'step' | 'cka';
  readonly setting: string;
  readonly date: string;
  readonly machine: string;
  readonly repeats: number;
  /** PyTorch's fastest way of it: flags of the step, or a package for CKA. */
  readonly variant: string;
  /** Images a second (step) or seconds (CKA). */
  readonly ours: number;
  readonly pytorch: number;
  /** Of speeds for a step, of seconds for CKA, both as the targets are put: ours over PyTorch's. */
  readonly ratio: number;
  /** Threads that an op may use, on both sides. */
  readonly threads?: number;
  /** The processor's milliseconds of a step, all threads together: what else the machine does matters little to them. */
  readonly processor?: number;
  readonly pytorchProcessor?: number;
  /** MB. */
  readonly memory: number;
  readonly pytorchMemory: number;
  /** GFLOP/s of our step and of a plain matrix product in the same minutes. */
  readonly gigaflops?: number;
  readonly peakGigaflops?: number;
}

/** Flags of PyTorch's ways to run a step; compiling takes minutes on a busy machine. */
function variants(compiled: boolean): string[][] {
  return [[], ['--bf16']].flatMap((a) => [[], ['--channels-last']].flatMap((b) => (compiled ? [[], ['--compile']] : [[]]).map((c) => [...a, ...b, ...c])));
}

/** Both sides of a training step, each PyTorch variant tried once and the one of least processor time then run in turn with ours. */
export function compareStep(python: string, setting: string, repeats: number, say: (line: string) => void, compiled = true): Comparison {
  const args = setting.split(/\s+/);
  const program = (flags: readonly string[]): Measured => theirs(python, 'pytorch_step.py', [...args, ...flags]);
  const tried = variants(compiled).flatMap((flags) => {
    try {
      const run = program([...flags, '--steps', '3']);
      say(`  PyTorch ${flags.join(' ') || 'plain'}: ${speed(run)} images/s, ${processor(run)} ms of the processor a step`);
      return [{ flags, cost: processor(run) }];
    } catch (error) {
      say(`  PyTorch ${flags.join(' ')}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }).sort((a, b) => a.cost - b.cost);
  const { flags } = tried[0]!;
  const runs = inTurn(repeats, () => ours(['step', ...args]), () => program(flags));
  const [a, b] = runs.map((side) => median(side.map(speed))) as [number, number];
  const { gigaflops, peak } = last(ours(['roofline', ...args]));
  return {
    kind: 'step', setting, ...circumstances(repeats), variant: flags.join(' ') || 'float32, NCHW, eager', ours: a, pytorch: b, ratio: a / b,
    processor: median(runs[0].map(processor)), pytorchProcessor: median(runs[1].map(processor)), ...memories(runs), gigaflops: Number(gigaflops), peakGigaflops: Number(peak),
  };
}

/** Both sides of a CKA heatmap; theirs is the faster of two packages. */
export function compareCka(python: string, setting: string, repeats: number, say: (line: string) => void): Comparison {
  const args = setting.split(/\s+/);
  const program = (name: string): Measured => theirs(python, 'pytorch_cka.py', [...args, '--only', name]);
  const [fastest] = ['pytorch_cka', 'torch_cka'].map((name) => {
    const time = seconds(program(name));
    say(`  ${name}: ${time} s`);
    return { name, time };
  }).sort((a, b) => a.time - b.time);
  const runs = inTurn(repeats, () => ours(['cka', ...args]), () => program(fastest!.name));
  const [a, b] = runs.map((side) => median(side.map(seconds))) as [number, number];
  return { kind: 'cka', setting, ...circumstances(repeats), variant: fastest!.name, ours: a, pytorch: b, ratio: a / b, ...memories(runs) };
}

function inTurn(repeats: number, a: () => Measured, b: () => Measured): readonly [Measured[], Measured[]] {
  const runs: readonly [Measured[], Measured[]] = [[], []];
  for (let i = 0; i < repeats; i++) {
    runs[0].push(a());
    runs[1].push(b());
  }
  return runs;
}

function circumstances(repeats: number): Pick<Comparison, 'date' | 'machine' | 'repeats' | 'threads'> {
  return {
    date: new Date().toISOString().slice(0, 10), repeats, threads: threads(),
    machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
  };
}

function memories(runs: readonly [readonly Measured[], readonly Measured[]]): Pick<Comparison, 'memory' | 'pytorchMemory'> {
  const [memory, pytorchMemory] = runs.map((side) => median(side.map(({ peakMemory }) => peakMemory))) as [number, number];
  return { memory, pytorchMemory };
}

function last({ lines }: Measured): Readonly<Record<string, unknown>> {
  return lines[lines.length - 1] ?? {};
}

function speed(run: Measured): number {
  return Number(last(run)['images_per_second']);
}

function threads(): number {
  return Number(process.env['TF_NUM_INTRAOP_THREADS']) || availableParallelism();
}

function processor(run: Measured): number {
  return Number(last(run)['cpu_ms_per_step']);
}

function seconds(run: Measured): number {
  return Number(last(run)['seconds']);
}
