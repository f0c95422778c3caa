import { existsSync } from 'node:fs';
import path from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isAbort, UserError } from '../lib/errors';
import { openClassifier } from '../lib/export/classifier';
import { recordGraph } from '../lib/export/recordGraph';
import { tryParseJson } from '../lib/io/json';
import { saveGain } from '../lib/notebook/saveGain';
import type { OwnNetworks } from '../lib/models/own/network';
import { readNetworks } from '../lib/models/own/readNetworks';
import { branchesBeside } from '../lib/models/branches/branchesBeside';
import { disposeModule } from '../lib/models/parameter';
import { createModel } from '../lib/models/zoo';
import { chance, gainedPoints, type Gain } from '../lib/results/gain';
import { distil } from '../lib/runs/execution/distil';
import type { Pair, PairTeacher } from '../lib/runs/execution/ownPair';
import { epochText } from '../lib/runs/execution/runJob';
import { pausedExitCode, shellQuote } from '../lib/runs/schedulers/task';
import { Random } from '../lib/tensor/random';
import { address, whole } from './cli/arguments';
import { run } from './cli/run';
import { stopSignal } from './cli/stopSignal';
import { exportModels } from './export/exportModels';
import { installOnnxruntime } from './onnxruntime/environments.mjs';

interface Options {
  readonly student: string;
  readonly teacher: readonly string[];
  readonly data: string;
  readonly shards?: true;
  readonly validation?: string;
  readonly split?: number;
  readonly method: string;
  readonly options: object;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly imageSize: number;
  readonly teacherImageSize?: readonly number[];
  readonly bf16?: true;
  readonly seed: number;
  readonly mlflow?: string;
  readonly networks?: string;
  readonly export?: 'onnx';
  readonly exits?: true;
  readonly int8?: true;
  readonly out: string;
}

/** npm run distil --: distils one network from another on images of the user. */
const command = new Command('npm run distil --')
  .description(
    'Distils a student from a teacher on a folder of images, trains the same student without a teacher for ' +
      'comparison, and writes a page with the results. Ctrl-C pauses with a checkpoint (exit code 75); run the same ' +
      'command again to resume.',
  )
  .requiredOption('--student <name>', 'network to train')
  .requiredOption(
    '--teacher <teachers...>',
    'NAME or NAME:WEIGHTS: teacher network and its weights, a .safetensors file or a Hugging Face repository. ' +
      'Without weights, the teacher is trained on the images first; weights for other classes are fine-tuned first. ' +
      'Several teachers act as one, with the mean of their probabilities, for methods that read logits only',
  )
  .requiredOption('--data <folder>', 'folder of images, with one subfolder for each class')
  .option('--shards', 'the folders hold tar archives with pairs NAME.jpg and NAME.cls instead')
  .option('--validation <folder>', 'folder of validation images with the same classes')
  .addOption(
    new Option('--split <share>', 'share of the images to hold out for validation, without --validation (default: 0.1)')
      .argParser(share)
      .conflicts('validation'),
  )
  .option('--method <name>', 'distillation method', 'ofa')
  .option('--options <json>', 'options of the method, such as \'{"exponent": 1.2}\'', json, {})
  .option('--epochs <number>', 'epochs of every run (default: 300, as published)', whole)
  .option('--batch-size <number>', 'images per update (default: 128, or fewer for small sets of images)', whole)
  .option(
    '--learning-rate <number>',
    "the student's peak learning rate (default: the published one, scaled to the batch size)",
    number,
  )
  .option('--image-size <pixels>', 'input height and width of all networks', whole, 224)
  .option(
    '--teacher-image-size <pixels...>',
    "the teacher's, if it differs: images are resized for the teacher. One for all teachers, or one for each",
    (text, sizes?: readonly number[]) => [...(sizes ?? []), whole(text)],
  )
  .option('--bf16', 'mixed precision: up to twice as fast on recent processors and GPUs')
  .option('--seed <number>', 'seed of the split, the initial weights and the order of the images', whole, 0)
  .option('--networks <file>', 'TypeScript file that exports networks of your own, for student and teacher')
  .option(
    '--mlflow <address>',
    'MLflow server to log to, such as http://127.0.0.1:5000 (default: MLFLOW_TRACKING_URI)',
    address,
  )
  .addOption(new Option('--export <format>', 'also write the student as an ONNX model').choices(['onnx']))
  .option('--exits', 'with --export: add the outputs of the exit branches')
  .option('--int8', 'with --export: also write a model that onnxruntime has quantised to int8, calibrated with --data')
  .option('--out <folder>', 'folder for the student, the records and the page', path.join('out', 'distil'))
  .action(distilPair);

void run(command);

async function distilPair(options: Options): Promise<void> {
  const pair = pairOf(options);
  const networks = options.networks === undefined ? undefined : await readNetworks(options.networks);
  const { out, mlflow } = options;
  await checkExport(options, pair, networks);
  const signal = stopSignal();
  const format = '{run} [{bar}] {percentage} % | {eta_formatted} left | loss {loss}';
  const bar = new SingleBar({ format, etaBuffer: 200 }, Presets.shades_classic);
  let currentRun = '';
  try {
    const gain = await distil(pair, {
      out,
      command: `npm run distil -- ${process.argv.slice(2).map(shellQuote).join(' ')}`,
      signal,
      networks,
      mlflow,
      onNotice: (text) => console.log(text),
      onDownload: ({ received, total = received }) => {
        if (!bar.isActive) bar.start(total, 0, { run: "the teacher's weights", loss: '–' });
        bar.update(received);
      },
      onRun: ({ row, recipe }) => {
        currentRun = row;
        bar.stop();
        bar.start(recipe.epochs, 0, { run: row, loss: '–' });
      },
      onEvent: (event) => {
        if (event.kind === 'epoch') console.log(`${currentRun}, ${epochText(event)}`);
        else bar.update(event.epoch - 1 + event.step / event.steps, { loss: event.loss.toFixed(3) });
      },
    });
    bar.stop();
    const page = path.join(out, 'index.html');
    await saveGain(gain, page);
    console.log(resultText(pair, gain));
    const student = path.join(out, 'student.safetensors');
    console.log(`Page: ${page}  Student: ${student}`);
    if (options.export) await exportStudent(student, options, networks);
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    console.log('\nPaused with a checkpoint. Run the same command again to resume.');
    process.exitCode = pausedExitCode;
  } finally {
    bar.stop();
  }
}

/** Rejects options and a student that cannot be exported before the training. */
async function checkExport(
  { export: format, exits, int8, shards }: Options,
  { student, imageSize }: Pair,
  networks: OwnNetworks | undefined,
): Promise<void> {
  if (format === undefined) {
    if (exits || int8) throw new UserError(`${exits ? '--exits' : '--int8'} is for the export. Add --export onnx.`);
    return;
  }
  if (int8 && shards)
    throw new UserError(
      '--int8 is calibrated with a folder of images, and --data has shards. Omit --int8, and run ' +
        'npm run export -- STUDENT --int8 --calibrate FOLDER after the training.',
    );
  if (int8) await installOnnxruntime();
  const model = createModel(student, { classes: 2, imageSize, networks }, new Random(0));
  try {
    recordGraph(model);
  } finally {
    disposeModule(model);
  }
}

/** Writes the student as an ONNX model. */
async function exportStudent(
  weights: string,
  { out, data, exits, int8, method }: Options,
  networks: OwnNetworks | undefined,
): Promise<void> {
  const classifier = openClassifier(weights, { networks });
  const branches = branchesBeside(weights);
  const hasBranches = existsSync(branches);
  if (exits && !hasBranches)
    console.log(`The method ${method} trains no exit branches: the model has no further outputs.`);
  try {
    await exportModels(classifier, path.join(out, 'export'), {
      int8,
      calibrate: data,
      ...(exits && hasBranches && { branches }),
    });
  } finally {
    disposeModule(classifier.model);
  }
}

function pairOf(options: Options): Pair {
  const { student, data, shards, validation, split = 0.1, seed, bf16, method } = options;
  return {
    student,
    teachers: teachersOf(options),
    imageSize: options.imageSize,
    epochs: options.epochs,
    batchSize: options.batchSize,
    learningRate: options.learningRate,
    seed,
    ...(bf16 && { precision: 'bfloat16' }),
    data: {
      name: shards ? 'shards' : 'folder',
      path: data,
      ...(validation === undefined ? { split: { share: split, seed } } : { validation }),
    },
    method: { ...options.options, kind: method },
  };
}

/** The teachers and their image sizes: one for all of them, or one for each. */
function teachersOf({ teacher: texts, teacherImageSize: sizes = [] }: Options): Pair['teachers'] {
  if (sizes.length > 1 && sizes.length !== texts.length) {
    throw new UserError(
      `--teacher-image-size has ${sizes.length} values, and the number of teachers is ${texts.length}. ` +
        'Give one for all teachers, or one for each in the same order.',
    );
  }
  const [first, ...others] = texts.map((text, i): PairTeacher => {
    const [model = '', ...weights] = text.split(':');
    const imageSize = sizes.length === 1 ? sizes[0] : sizes[i];
    return {
      model,
      ...(weights.length > 0 && { weights: weights.join(':') }),
      ...(imageSize !== undefined && { imageSize }),
    };
  });
  return [first!, ...others];
}

function resultText({ student }: Pair, gain: Gain): string {
  const [alone, distilled, teacherTop1] = [gain.scratch, gain.distilled, gain.teacher].map(({ top1 }) =>
    top1.toFixed(2),
  );
  const points = `${gainedPoints(gain).toFixed(2)} ± ${chance(gain).toFixed(1)}`;
  return (
    `${student}: top-1 ${alone} % without a teacher, ${distilled} % with ${gain.teacher.network} (${teacherTop1} %): ` +
    `gained ${points} points.`
  );
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be a number between 0 and 1, such as 0.1.');
  return value;
}

function json(text: string): object {
  const value = tryParseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if ('kind' in value) throw new InvalidArgumentError('The name of the method belongs in --method, not in "kind".');
    return value;
  }
  throw new InvalidArgumentError('It must be a JSON object, such as \'{"exponent": 1.2}\'.');
}
