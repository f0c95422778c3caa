import { spawn } from 'node:child_process';
import path from 'node:path';
import { writeJson } from '../../lib/io/json';
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

/** The five steps of which one is compared with PyTorch, then the others. */
const steps = [
  'resnet_16 vit_128 32 128',
  'vit_128 resnet_32 32 128',
  'deit_tiny_patch16_224 convnext_tiny 224 128',
  'resnet18 swin_tiny_patch4_window7_224 224 128',
  'mixer_128 resnet_32 32 128',
];
const tinySteps = ['resnet_16 vit_64 32 8'];

/** The parts in order of worth, so that the last ones are lost first if time runs out. */
export function gpuParts({ python, ckaPython, reference, parts, tiny }: GpuOptions): GpuPart[] {
  const node = (script: string, ...args: string[]): string[] => [
    process.execPath,
    ...process.execArgv,
    path.join('scripts', `${script}.ts`),
    ...args,
  ];
  const ours = (setting: string, ...flags: string[]): GpuPart => ({
    name: ['step', setting, 'ours', ...flags].join(' '),
    command: node('bench', 'step', ...setting.split(' '), ...flags, '--steps', tiny ? '1' : '20'),
    limit: 120,
  });
  const theirs = (setting: string, ...flags: string[]): GpuPart[] => {
    if (python === undefined) return [];
    const program = path.join('scripts', 'bench', 'pytorch_step.py');
    const args = [...setting.split(' '), '--device', tiny ? 'cpu' : 'cuda', ...flags, '--steps', tiny ? '1' : '20'];
    return [
      { name: ['step', setting, 'pytorch', ...flags].join(' '), command: [python, program, ...args], limit: 120 },
    ];
  };
  const settings = tiny ? tinySteps : steps;
  const cka = tiny ? 'resnet_16 vit_64 32 8 2' : 'mobilenetv2_100 vit_small_patch16_224 224 64 8';
  const parity = (...flags: string[]): GpuPart[] =>
    reference === undefined
      ? []
      : [
          {
            name: ['parity', ...flags].join(' '),
            command: node('parity', tiny ? path.join(reference, 'losses.json') : reference, ...flags),
            limit: 150,
          },
        ];
  const compile = tiny ? 'graph' : 'xla';
  const all: GpuPart[] = [
    ...settings.slice(0, 1).flatMap((one) => [ours(one, '--compile', compile), ...theirs(one)]),
    {
      name: 'epoch',
      command: node('bench', 'epoch', ...(tiny ? ['--images', '32', '--batch', '8'] : [])),
      limit: 120,
    },
    { name: `cka ${cka} ours`, command: node('bench', 'cka', ...cka.split(' ')), limit: 60 },
    ...(ckaPython === undefined
      ? []
      : [
          {
            name: `cka ${cka} pytorch`,
            command: [
              ckaPython,
              path.join('scripts', 'bench', 'pytorch_cka.py'),
              ...cka.split(' '),
              '--only',
              'pytorch_cka',
            ],
            limit: 60,
          },
        ]),
    ...settings.slice(1).flatMap((one) => [ours(one, '--compile', compile), ...theirs(one)]),
    ...parity(),
    ...settings.flatMap((one) => [
      ours(one, '--compile', compile, '--bf16'),
      ...theirs(one, '--bf16', '--channels-last'),
    ]),
    ...settings.flatMap((one) => theirs(one, '--bf16', '--channels-last', '--compile')),
    ...settings.slice(0, 1).map((one) => ours(one, '--compile', 'off')),
  ];
  return all.filter(({ name }) => parts.length === 0 || parts.some((word) => name.includes(word)));
}

/**
 * Runs the parts one after the other, and writes the file after each, so that a stop loses only the part in progress.
 * Returns the number of parts without a result.
 */
export async function measureGpu(
  parts: readonly GpuPart[],
  { minutes, tiny }: Pick<GpuOptions, 'minutes' | 'tiny'>,
  output: string,
  print: (line: string) => void,
): Promise<number> {
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
  return results.filter(({ state }) => state !== 'done').length;
}

/** Runs a program in a process group of its own, and kills the group at the limit. */
function runPart({ name, command, limit }: GpuPart, left: number): Promise<GpuResult> {
  const started = performance.now();
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
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
