import { Command, Option } from 'commander';
import { UserError } from '../lib/errors';
import { appendJsonLine } from '../lib/io/jsonLines';
import { gpuStepsFile } from '../lib/runs/plan/gpuSteps';
import { thisMachine } from '../lib/runs/runFolder/machine';
import { backendInfo } from '../lib/tensor/engine/backendInfo';
import { defaultCompileMode, type CompileMode } from '../lib/tensor/engine/compileMode';
import * as tf from '../lib/tensor/engine/tf';
import { tf32Obstacle } from '../lib/tensor/engine/tf32';
import { timeCka } from './bench/cka';
import { compareCka, compareStep } from './bench/compare';
import { storeComparison } from './bench/comparisons';
import { dataShare, decodingSpeed } from './bench/data';
import { timeEpoch } from './bench/epoch';
import { gate, saveGate } from './bench/gate';
import { gpuParts, measuredSteps, measureGpu, type GpuOptions } from './bench/gpu';
import { matmulGigaflops } from './bench/matmul';
import { checkPython } from './bench/peers';
import { profile } from './bench/profile';
import { profileLines, totalFlops } from './bench/report';
import { timeCalibration } from './bench/similarity';
import { prepareStep } from './bench/step';
import { medianMilliseconds, medianTimes } from './bench/times';
import { positive } from './cli/arguments';
import { run } from './cli/run';

/** npm run bench: the speed of training steps and CKA on this machine, also compared with PyTorch. */
const command = new Command('npm run bench --').description('Times training steps and CKA on random images.');

interface StepFlags {
  readonly vanilla: boolean;
  readonly bf16: boolean;
  readonly steps: number;
}

interface StepCompile {
  readonly compile: CompileMode;
  readonly tf32: boolean;
}

interface GpuFlags extends GpuOptions {
  readonly output: string;
  readonly save: boolean;
}

interface CompareFlags {
  readonly python: string;
  readonly repeats: number;
  readonly steps: readonly string[];
  readonly cka: readonly string[];
  readonly threads?: number;
  readonly compile: boolean;
  readonly save: boolean;
}

const defaultSteps = [
  'resnet_16 vit_128 32 128',
  'vit_128 resnet_32 32 128',
  'mixer_128 resnet_32 32 128',
  'resnet18 swin_tiny_patch4_window7_224 224 8',
];
const defaultHeatmaps = ['resnet_32 vit_128 32 256 4', 'mobilenetv2_100 vit_small_patch16_224 224 64 2'];

withStep(command.command('step'))
  .addOption(
    new Option('--compile <how>', 'how the step runs').choices(['off', 'graph', 'xla']).default(defaultCompileMode()),
  )
  .option('--tf32', 'round the factors of products to TF32, on an NVIDIA GPU', false)
  .description('Times one OFA training step; prints a line of JSON.')
  .action((student: string, teacher: string, size: number, batch: number, flags: StepFlags & StepCompile) => {
    const { vanilla, bf16, tf32, steps, compile } = flags;
    const obstacle = tf32 ? tf32Obstacle() : undefined;
    if (obstacle !== undefined) throw new UserError(`--tf32 cannot be used: ${obstacle}.`);
    const prepared = prepareStep({ student, teacher, size, batch, vanilla, bf16, tf32, compile });
    // The first call runs op by op, the next two are recorded, and XLA compiles the fourth.
    if (compile !== 'off') for (let call = 0; call < 3; call++) prepared.run();
    const { milliseconds: ms, processor } = medianTimes(() => prepared.run(), steps);
    printJson({
      peer: 'ours',
      version: `tfjs ${tf.version_core}`,
      device: backendInfo().device === 'GPU' ? 'cuda' : 'cpu',
      student,
      teacher,
      size,
      batch,
      bf16,
      tf32,
      vanilla,
      compiled: compile !== 'off' && compile,
      ms_per_step: round(ms, 1),
      cpu_ms_per_step: round(processor, 1),
      images_per_second: round((batch / ms) * 1e3, 1),
      parameters: prepared.parameters,
      branch_parameters: prepared.branchParameters,
    });
  });

withSetting(command.command('cka').argument('<a>').argument('<b>'))
  .argument('<batches>', 'number of batches', positive)
  .option('--repeats <number>', 'timed runs', positive, 3)
  .description('Times CKA of all blocks of two networks; prints a line of JSON for the forward passes and one for all.')
  .action(
    async (a: string, b: string, size: number, batch: number, batches: number, { repeats }: { repeats: number }) => {
      const { layers, forward, whole } = await timeCka(a, b, size, batch, batches, repeats);
      for (const [peer, { seconds, processor }] of Object.entries({ forward, ours: whole })) {
        printJson({
          peer,
          a,
          b,
          layers,
          size,
          batch,
          batches,
          seconds: round(seconds, 3),
          cpu_seconds: round(processor, 3),
          over_forward: round(processor / forward.processor, 3),
        });
      }
    },
  );

command
  .command('similarity')
  .argument('<a>')
  .argument('<b>')
  .argument('<size>', 'height and width of the images', positive)
  .argument('<images>', 'number of images', positive)
  .option('--measure <name>', 'measure over all images at once', 'cka')
  .option('--permutations <number>', 'permutations', positive, 200)
  .description('Times the calibration of a similarity measure beside the forward passes; prints a line of JSON.')
  .action(
    async (
      a: string,
      b: string,
      size: number,
      images: number,
      { measure, permutations }: { measure: string; permutations: number },
    ) => {
      const times = await timeCalibration({ networks: [a, b], size, images, measure, permutations });
      const { forward, layers, calibration } = times.seconds;
      printJson({
        a,
        b,
        layers: times.layers,
        size,
        images,
        measure,
        permutations,
        forward_seconds: round(forward, 3),
        layer_seconds: round(layers, 3),
        calibration_seconds: round(calibration, 3),
        over_forward: round(calibration / forward, 3),
      });
    },
  );

withStep(command.command('profile'))
  .option('--depth <names>', "names of a layer's path to group by", positive, 2)
  .description('Prints the time of a step by op and by layer, forward and backward, and the share of the peak.')
  .action(
    (
      student: string,
      teacher: string,
      size: number,
      batch: number,
      { vanilla, bf16, steps, depth }: StepFlags & { depth: number },
    ) => {
      const prepared = prepareStep({ student, teacher, size, batch, vanilla, bf16 });
      prepared.run();
      const ops = profile(() => prepared.run(), prepared.modules);
      const ms = medianMilliseconds(() => prepared.run(), steps);
      const peak = matmulGigaflops(bf16 ? 'bfloat16' : 'float32');
      console.log(`${teacher} → ${student}, ${size} px, batch ${batch}`);
      for (const line of profileLines({ ops, batch, milliseconds: ms, peak, bf16 }, depth)) console.log(line);
    },
  );

withStep(command.command('roofline'))
  .description('Prints GFLOP/s of a step and of a plain matrix product, as a line of JSON.')
  .action((student: string, teacher: string, size: number, batch: number, flags: StepFlags) => {
    const { vanilla, bf16, steps } = flags;
    const compile = defaultCompileMode();
    const prepared = prepareStep({ student, teacher, size, batch, vanilla, bf16, compile });
    // The first call of a compiled step runs op by op, and the next two are recorded.
    const flops = totalFlops(profile(() => prepared.run(), prepared.modules));
    if (compile !== 'off') for (let call = 0; call < 3; call++) prepared.run();
    const ms = medianMilliseconds(() => prepared.run(), steps);
    printJson({
      student,
      teacher,
      size,
      batch,
      gigaflops: round(flops / ms / 1e6, 1),
      peak: round(matmulGigaflops(bf16 ? 'bfloat16' : 'float32'), 1),
    });
  });

command
  .command('data')
  .option('--images <number>', 'images to decode in each run', positive, 100)
  .option('--steps <number>', 'steps of an epoch', positive, 20)
  .description('Prints decoded images per second of one core, and the share of a step that waits for images, as JSON.')
  .action(async ({ images, steps }: { images: number; steps: number }) => {
    const { kilobytes, evaluation, training } = await decodingSpeed(images);
    printJson({
      jpeg: '500 × 375, quality 90',
      kilobytes: round(kilobytes, 0),
      to: 224,
      images_per_core_second: { evaluation: round(evaluation, 0), training: round(training, 0) },
    });
    const { share, imagesPerSecond } = await dataShare(steps);
    printJson({
      recipe: 'CIFAR-100, tokens',
      size: 32,
      data_share: round(share, 4),
      images_per_second: round(imagesPerSecond, 1),
    });
  });

command
  .command('gate')
  .option('--save', 'store the current cost as the reference for this processor', false)
  .argument('[setting]', 'student, teacher, size and batch of the stored step', 'vit_64 resnet_24 32 64')
  .description('Fails if a training step has become 25 % slower, relative to a matrix product.')
  .action(async (setting: string, { save }: { save: boolean }) => {
    if (save) await saveGate(setting);
    const { passed, text } = gate();
    console.log(text);
    if (!passed) process.exitCode = 1;
  });

command
  .command('epoch')
  .option('--images <number>', 'training images', positive, 50_000)
  .option('--batch <number>', 'images of a step', positive, 128)
  .description('Times an epoch of resnet_16 with the teacher vit_128 on random images of 32 pixels; prints JSON.')
  .action(async ({ images, batch }: { images: number; batch: number }) => {
    const { seconds, dataShare: share, imagesPerSecond } = await timeEpoch(images, batch);
    printJson({
      images,
      batch,
      compile: defaultCompileMode(),
      seconds: round(seconds, 3),
      data_share: round(share, 4),
      images_per_second: round(imagesPerSecond, 1),
    });
  });

command
  .command('gpu')
  .option('--python <path>', 'a Python that has torch and timm, for PyTorch’s steps')
  .option('--cka-python <path>', 'a Python that has pytorch_cka, for its heatmap')
  .option('--reference <path>', 'folder of reference values for npm run parity')
  .option('--minutes <number>', 'time for all parts together', positive, 8)
  .option('--parts <list>', 'only parts whose name contains one of these words, separated by semicolons', listed, [])
  .option('--tiny', 'small sizes, to rehearse on a CPU', false)
  .option('--output <file>', 'JSON file of the results', 'out/gpu.json')
  .option('--save', `add the measured steps to ${gpuStepsFile}`, false)
  .description('Runs parity, steps, CKA and an epoch, also with PyTorch, and writes one JSON file. Needs no network.')
  .action(async ({ output, save, ...options }: GpuFlags) => {
    const results = await measureGpu(gpuParts(options), options, output, printProgress);
    const { gpu } = thisMachine();
    const steps = save && gpu !== undefined ? measuredSteps(results, gpu, new Date()) : [];
    for (const step of steps) await appendJsonLine(gpuStepsFile, step);
    const failed = results.filter(({ state }) => state !== 'done').length;
    printProgress(`${output} is written; ${failed} parts failed or were left out.`);
    if (failed > 0) process.exitCode = 1;
  });

command
  .command('compare')
  .requiredOption('--python <path>', 'a Python that has torch, timm, torch_cka and pytorch_cka')
  .option('--repeats <number>', 'runs of each side', positive, 5)
  .option('--steps <list>', 'training steps, separated by semicolons', listed, defaultSteps)
  .option('--cka <list>', 'CKA heatmaps, separated by semicolons', listed, defaultHeatmaps)
  .option('--threads <number>', 'threads per op on both sides (default: all cores)', positive)
  .option('--no-compile', 'skip torch.compile, which takes minutes')
  .option('--save', 'store the results in docs/performance.jsonl and update docs/performance.md', false)
  .description('Runs our code and PyTorch alternately; prints medians, ratios and peak memory.')
  .action(async ({ python, repeats, steps, cka, threads, compile, save }: CompareFlags) => {
    checkPython(python, ['torch', 'timm', ...(cka.length > 0 ? ['torch_cka', 'cka'] : [])]);
    if (threads !== undefined)
      for (const name of ['TF_NUM_INTRAOP_THREADS', 'OMP_NUM_THREADS']) process.env[name] = String(threads);
    const jobs = [
      ...steps.map((setting) => () => compareStep(python, setting, repeats, printProgress, compile)),
      ...cka.map((setting) => () => compareCka(python, setting, repeats, printProgress)),
    ];
    for (const job of jobs) {
      const result = job();
      printJson(result);
      if (save) await storeComparison(result);
    }
  });

void run(command);

function printJson(value: object): void {
  console.log(JSON.stringify(value));
}

function printProgress(line: string): void {
  console.error(line);
}

function withSetting(sub: Command): Command {
  return sub.argument('<size>', 'height and width of the images', positive).argument('<batch>', 'images', positive);
}

function withStep(sub: Command): Command {
  return withSetting(sub.argument('<student>').argument('<teacher>'))
    .option('--vanilla', 'train with the label loss only', false)
    .option('--bf16', 'use mixed precision', false)
    .option('--steps <number>', 'timed steps', positive, 7);
}

function listed(text: string): string[] {
  return text
    .split(';')
    .map((setting) => setting.trim())
    .filter((setting) => setting !== '');
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
