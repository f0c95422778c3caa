import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import * as tf from '../lib/tensor/tf';
import { timeCka } from './bench/cka';
import { matmulGigaflops } from './bench/matmul';
import { measure, type Measured } from './bench/peers';
import { profileOps } from './bench/profile';
import { median, medianMilliseconds, prepareStep } from './bench/step';
import { run } from './cli/run';

/** npm run bench --: how fast this machine trains and compares networks, beside PyTorch. */
const command = new Command('npm run bench --').description('Times training steps and CKA on random images.');

interface StepFlags {
  readonly vanilla: boolean;
  readonly steps: number;
}

withStep(command.command('step')).description('one OFA training step; prints a line of JSON')
  .action((student: string, teacher: string, size: number, batch: number, { vanilla, steps }: StepFlags) => {
    const prepared = prepareStep({ student, teacher, size, batch, vanilla, steps });
    const ms = medianMilliseconds(() => prepared.run(), steps);
    console.log(JSON.stringify({
      peer: 'ours', version: `tfjs ${tf.version_core}`, device: 'cpu', student, teacher, size, batch, bf16: false, vanilla, compiled: false,
      ms_per_step: round(ms, 1), images_per_second: round((batch / ms) * 1e3, 1), parameters: prepared.parameters, branch_parameters: prepared.branchParameters,
    }));
  });

command.command('cka').argument('<a>').argument('<b>').argument('<size>', 'of the images', whole).argument('<batch>', 'images', whole).argument('<batches>', 'how many', whole)
  .description('CKA of all blocks of two networks; a line of JSON for the forward passes and one for the whole')
  .action(async (a: string, b: string, size: number, batch: number, batches: number) => {
    const { layers, forwardSeconds, seconds } = await timeCka(a, b, size, batch, batches);
    for (const [peer, time] of [['forward', forwardSeconds], ['ours', seconds]] as const) {
      console.log(JSON.stringify({ peer, a, b, layers, size, batch, batches, seconds: round(time, 2) }));
    }
  });

withStep(command.command('profile')).description('time per kind of op of a step, and the share of what the machine can do')
  .action((student: string, teacher: string, size: number, batch: number, { vanilla, steps }: StepFlags) => {
    const prepared = prepareStep({ student, teacher, size, batch, vanilla, steps });
    const ms = medianMilliseconds(() => prepared.run(), steps);
    const ops = profileOps(() => prepared.run());
    const inside = ops.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    console.log(`${student} taught by ${teacher}, ${size} px, batch ${batch}: ${ms.toFixed(0)} ms a step, ${((batch / ms) * 1e3).toFixed(0)} images/s`);
    console.log(`matrix product of 2048: ${matmulGigaflops().toFixed(0)} GFLOP/s; outside ops: ${Math.max(0, ms - inside).toFixed(0)} ms`);
    for (const { op, milliseconds, calls } of ops.slice(0, 20)) {
      console.log(`${op.padEnd(34)} ${milliseconds.toFixed(1).padStart(8)} ms ${((100 * milliseconds) / inside).toFixed(1).padStart(5)} % ${String(calls).padStart(5)} calls`);
    }
  });

command.command('compare').requiredOption('--python <path>', 'a Python that has torch and timm').requiredOption('--peers <folder>', 'where ofa_step.py is')
  .option('--repeats <number>', 'runs of each side', whole, 5)
  .option('--steps <list>', 'what to compare, by semicolons', 'resnet_16 vit_128 32 128; vit_128 resnet_32 32 128; mixer_128 resnet_32 32 128')
  .description('ours and PyTorch in turn: medians, ratio, peak memory')
  .action(({ python, peers, repeats, steps }: { python: string; peers: string; repeats: number; steps: string }) => {
    for (const step of steps.split(';').map((text) => text.trim().split(/\s+/))) {
      const ours: Measured[] = [];
      const theirs: Measured[] = [];
      for (let i = 0; i < repeats; i++) {
        ours.push(measure(process.execPath, [...process.execArgv, path.join('scripts', 'bench.ts'), 'step', ...step]));
        theirs.push(...[[], ['--channels-last']].map((flags) => measure(python, [path.join(peers, 'ofa_step.py'), ...step, ...flags]))
          .sort((a, b) => speed(b) - speed(a)).slice(0, 1));
      }
      const [a, b] = [ours, theirs].map((runs) => median(runs.map(speed))) as [number, number];
      const memory = (runs: readonly Measured[]): string => median(runs.map(({ peakMemory }) => peakMemory)).toFixed(0);
      console.log(`${step.join(' ')}: ours ${a.toFixed(1)} images/s (${memory(ours)} MB), PyTorch ${b.toFixed(1)} (${memory(theirs)} MB), ratio ${(a / b).toFixed(2)}`);
    }
  });

void run(command);

function withStep(sub: Command): Command {
  return sub.argument('<student>').argument('<teacher>').argument('<size>', 'of the images', whole).argument('<batch>', 'images', whole)
    .option('--vanilla', 'the label\'s cross entropy alone', false).option('--json', 'as it is anyway', true).option('--steps <number>', 'timed steps', whole, 7);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new InvalidArgumentError('a positive whole number, please');
  return value;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function speed({ line }: Measured): number {
  return Number(line['images_per_second']);
}
