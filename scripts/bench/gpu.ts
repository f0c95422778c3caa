import { spawn } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import { writeJson } from '../../lib/io/json';
import { gpuStep, type GpuStep } from '../../lib/runs/plan/gpuSteps';
import { commit, thisMachine, versions } from '../../lib/runs/runFolder/machine';

export interface GpuOptions {
  readonly python?: string;
  readonly ckaPython?: string;
  readonly reference?: string;
  readonly minutes: number;
  readonly parts: readonly string[];
  readonly tiny: boolean;
}

/** A program that prints lines of JSON, or a text whose last line is its result. */
export interface GpuPart {
  readonly name: string;
  readonly command: readonly string[];
  /** Seconds after which it is stopped. */
  readonly limit: number;
  /** Changes to the environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface GpuResult {
  readonly name: string;
  readonly state: 'done' | 'failed' | 'stopped at its time limit' | 'no time left';
  readonly seconds: number;
  /** Lines of JSON, or the last line. */
  readonly output: readonly unknown[];
  /** The last lines of errors, if it did not end well. */
  readonly error?: string;
}

/** The parts in order of worth, so that the last ones are lost first if time runs out. */
export function gpuParts(options: GpuOptions): GpuPart[] {
  const { parts: words, tiny } = options;
  const [first, ...others] = tiny ? tinySteps : steps;
  const all = [
    ...stepParts(first!, options),
    epochPart(tiny),
    ...ckaParts(options),
    ...others.flatMap((setting) => stepParts(setting, options)),
    ...parityParts(options),
    ...[first!, ...others].flatMap((setting) => stepParts(setting, options, 'bf16')),
    ...(tiny ? [] : [first!, ...others].flatMap((setting) => stepParts(setting, options, 'tf32'))),
    ...[first!, ...others].flatMap((setting) => compiledByPyTorch(setting, options)),
    ourStep(first!, tiny, '--compile', 'off'),
  ];
  return all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}

/** The five steps of which one is compared with PyTorch, then the others. */
const steps = [
  'resnet_16 vit_128 32 128',
  'vit_128 resnet_32 32 128',
  'deit_tiny_patch16_224 convnext_tiny 224 128',
  'resnet18 swin_tiny_patch4_window7_224 224 128',
  'mixer_128 resnet_32 32 128',
];
const tinySteps = ['resnet_16 vit_64 32 8'];

/** One step, ours and PyTorch's, in one precision. */
function stepParts(setting: string, { python, tiny }: GpuOptions, precision?: 'bf16' | 'tf32'): GpuPart[] {
  const flags = precision ? [`--${precision}`] : [];
  const fastest = precision === 'bf16' ? ['--channels-last'] : [];
  const ours = ourStep(setting, tiny, '--compile', tiny ? 'graph' : 'xla', ...flags);
  return [ours, ...(python === undefined ? [] : [theirStep(python, setting, tiny, ...flags, ...fastest)])];
}

function compiledByPyTorch(setting: string, { python, tiny }: GpuOptions): GpuPart[] {
  if (python === undefined) return [];
  // Compiling takes a minute or more.
  return [{ ...theirStep(python, setting, tiny, '--bf16', '--channels-last', '--compile'), limit: 240 }];
}

function ourStep(setting: string, tiny: boolean, ...flags: string[]): GpuPart {
  return {
    name: ['step', setting, 'ours', ...flags].join(' '),
    command: node('bench', 'step', ...setting.split(' '), ...flags, '--steps', tiny ? '1' : '20'),
    limit: 120,
    ...(flags.includes('--tf32') && { env: { NVIDIA_TF32_OVERRIDE: '1' } }),
  };
}

function theirStep(python: string, setting: string, tiny: boolean, ...flags: string[]): GpuPart {
  const args = [...setting.split(' '), '--device', tiny ? 'cpu' : 'cuda', ...flags, '--steps', tiny ? '1' : '20'];
  return {
    name: ['step', setting, 'pytorch', ...flags].join(' '),
    command: [python, path.join('scripts', 'bench', 'pytorch_step.py'), ...args],
    limit: 120,
    env: pythonEnvironment(),
  };
}

function epochPart(tiny: boolean): GpuPart {
  const size = tiny ? ['--images', '32', '--batch', '8'] : [];
  return { name: 'epoch', command: node('bench', 'epoch', ...size), limit: 120 };
}

function ckaParts({ ckaPython, tiny }: GpuOptions): GpuPart[] {
  const setting = tiny ? 'resnet_16 vit_64 32 8 2' : 'mobilenetv2_100 vit_small_patch16_224 224 64 8';
  const ours = { name: `cka ${setting} ours`, command: node('bench', 'cka', ...setting.split(' ')), limit: 60 };
  if (ckaPython === undefined) return [ours];
  const program = [ckaPython, path.join('scripts', 'bench', 'pytorch_cka.py')];
  const flags = ['--device', tiny ? 'cpu' : 'cuda', '--only', 'pytorch_cka'];
  const command = [...program, ...setting.split(' '), ...flags];
  return [ours, { name: `cka ${setting} pytorch`, command, limit: 60, env: pythonEnvironment() }];
}

/** All reference values op by op; then losses and steps in functions that XLA compiles. */
function parityParts({ reference, tiny }: GpuOptions): GpuPart[] {
  if (reference === undefined) return [];
  const part = (files: readonly string[], ...flags: string[]): GpuPart => ({
    name: ['parity', ...flags].join(' '),
    command: node('parity', ...files.map((file) => path.join(reference, file)), ...flags),
    limit: 200,
    // Without a GPU, XLA needs ops without our kernels.
    ...(tiny && { env: { OFA_KERNELS: 'off' } }),
  });
  const compiled = tiny ? ['losses.json'] : ['losses.json', 'cka.json', 'steps.json'];
  return [part([tiny ? 'losses.json' : '']), part(compiled, '--compile', 'xla')];
}

function node(script: string, ...args: string[]): string[] {
  return [process.execPath, ...process.execArgv, path.join('scripts', `${script}.ts`), ...args];
}

/** PyTorch has its own CUDA libraries and precisions, so that it runs without those of our commands. */
function pythonEnvironment(): NonNullable<GpuPart['env']> {
  const libraries = process.env['LD_LIBRARY_PATH']?.split(':').filter((folder) => !folder.startsWith(process.cwd()));
  return {
    LD_LIBRARY_PATH: libraries?.join(':') || undefined,
    NVIDIA_TF32_OVERRIDE: undefined,
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/**
 * Runs the parts one after the other, and writes the file after each, so that a stop loses only the part in progress.
 * Returns the results.
 */
export async function measureGpu(
  parts: readonly GpuPart[],
  { minutes, tiny }: Pick<GpuOptions, 'minutes' | 'tiny'>,
  output: string,
  print: (line: string) => void,
): Promise<GpuResult[]> {
  const end = performance.now() + minutes * 60_000;
  const circumstances = {
    date: new Date().toISOString(),
    tiny,
    machine: thisMachine(),
    versions: versions(),
    ...commit(),
  };
  const results: GpuResult[] = [];
  for (const part of parts) {
    const left = (end - performance.now()) / 1000;
    const result =
      left < 5
        ? ({ name: part.name, state: 'no time left', seconds: 0, output: [] } as const)
        : await runPart(part, left);
    results.push(result);
    print(`${result.state.padEnd(8)} ${result.seconds.toFixed(0).padStart(4)} s  ${result.name}`);
    await writeJson(output, { ...circumstances, parts: results });
  }
  return results;
}

/** A step of ours on a GPU, as `bench step` prints it. */
const printedStep = z
  .object({
    peer: z.literal('ours'),
    device: z.literal('cuda'),
    student: z.string(),
    teacher: z.string(),
    size: z.number(),
    batch: z.number(),
    bf16: z.boolean(),
    tf32: z.boolean(),
    compiled: z.union([z.literal(false), gpuStep.shape.compile]),
    ms_per_step: z.number(),
  })
  .transform((printed) => ({
    student: printed.student,
    teacher: printed.teacher,
    imageSize: printed.size,
    batch: printed.batch,
    precision: printed.bf16 ? ('bfloat16' as const) : printed.tf32 ? ('tf32' as const) : ('float32' as const),
    compile: printed.compiled === false ? ('off' as const) : printed.compiled,
    milliseconds: printed.ms_per_step,
  }));

/** Our steps among the results, if they ran on a GPU. */
export function measuredSteps(results: readonly GpuResult[], gpu: string, date: Date): GpuStep[] {
  return results
    .flatMap(({ output }) => output)
    .flatMap((value) => {
      const { data } = printedStep.safeParse(value);
      return data ? [{ date: date.toISOString().slice(0, 10), gpu, ...data }] : [];
    });
}

/** Runs a program in a process group of its own, and kills the group at the limit. */
function runPart({ name, command, limit, env }: GpuPart, left: number): Promise<GpuResult> {
  const started = performance.now();
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const text = { out: '', errors: '' };
    let isLate = false;
    child.stdout.on('data', (data: Buffer) => (text.out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (text.errors = (text.errors + data.toString()).slice(-4000)));
    const timer = setTimeout(
      () => {
        isLate = true;
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      },
      1000 * Math.min(limit, left),
    );
    const finish = (state: GpuResult['state'], error: string): void => {
      clearTimeout(timer);
      const seconds = (performance.now() - started) / 1000;
      resolve({ name, state, seconds, output: parsed(text.out), ...(state !== 'done' && { error }) });
    };
    child.on('error', ({ message }) => finish('failed', message));
    child.on('close', (code) => {
      if (isLate) finish('stopped at its time limit', text.errors);
      else finish(code === 0 ? 'done' : 'failed', text.errors.trim().split('\n').slice(-5).join('\n'));
    });
  });
}

function parsed(text: string): unknown[] {
  const lines = text.trim().split('\n');
  const values = lines.flatMap((line): unknown[] => {
    try {
      return line.startsWith('{') ? [JSON.parse(line)] : [];
    } catch {
      return [];
    }
  });
  return values.length > 0 ? values : lines.slice(-1);
}
