import path from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isAbort } from '../lib/errors';
import { saveGain } from '../lib/notebook/saveGain';
import { chance, gainedPoints } from '../lib/results/gain';
import { distil } from '../lib/runs/job/distil';
import { epochText } from '../lib/runs/job/runJob';
import { quote } from '../lib/runs/schedulers/shell';
import { resumeLater } from '../lib/runs/schedulers/slots';
import { whole } from './cli/arguments';
import { run } from './cli/run';
import { stopSignal } from './cli/stopSignal';

interface Choice {
  readonly student: string;
  readonly teacher: string;
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
  readonly bf16?: true;
  readonly seed: number;
  readonly mlflow?: string;
  readonly out: string;
}

/** npm run distil --: one network of ours from another, on images of one's own. */
const command = new Command('npm run distil --')
  .description(
    'Distils a student from a teacher on a folder of images, beside the same student alone, and writes a page on what was gained. Stopped by Ctrl-C, the same command goes on.',
  )
  .requiredOption('--student <name>', 'the network that learns')
  .requiredOption(
    '--teacher <name[:weights]>',
    'the network that teaches, and its weights: a .safetensors file or a repository of the Hugging Face hub. ' +
      'Without weights it is first trained on the images; with weights for other classes, trained on from them',
  )
  .requiredOption('--data <folder>', 'a folder with a folder of images for each class')
  .option('--shards', 'the folders hold tar archives of NAME.jpg and NAME.cls instead')
  .option('--validation <folder>', 'the images to validate on, in the same classes')
  .addOption(
    new Option('--split <share>', 'or the share of the images that is held out for it')
      .argParser(share)
      .conflicts('validation'),
  )
  .option('--method <name>', 'how it is taught', 'ofa')
  .option('--options <json>', 'options of the method, as \'{"exponent": 1.2}\'', json, {})
  .option('--epochs <number>', 'the published 300 unless told', whole)
  .option('--batch-size <number>', 'images of one update; by the number of images, 128 at most, unless told', whole)
  .option(
    '--learning-rate <number>',
    'the student’s at its peak; the published one, fitted to the batch, unless told',
    number,
  )
  .option('--image-size <pixels>', 'side of the square that both networks see', whole, 224)
  .option('--bf16', 'compute in mixed precision, which new processors and GPUs do up to twice as fast')
  .option('--seed <number>', 'of the split, the weights and the order of the images', whole, 0)
  .option(
    '--mlflow <address>',
    'a server that is to have the runs too, as http://127.0.0.1:5000; that of MLFLOW_TRACKING_URI unless told',
  )
  .option('--out <folder>', 'where student, records and page go', path.join('out', 'distil'))
  .action(
    async ({
      student,
      teacher: given,
      data,
      shards,
      validation,
      split,
      method,
      options,
      epochs,
      batchSize,
      learningRate,
      imageSize,
      bf16,
      seed,
      mlflow,
      out,
    }: Choice) => {
      const [teacher = '', ...weights] = given.split(':');
      const signal = stopSignal();
      const bar = new SingleBar(
        { format: '{run} [{bar}] {percentage} % | {eta_formatted} left | loss {loss}', etaBuffer: 200 },
        Presets.shades_classic,
      );
      let current = '';
      try {
        const gain = await distil(
          {
            student,
            teacher,
            ...(weights.length > 0 && { teacherWeights: weights.join(':') }),
            imageSize,
            epochs,
            batchSize,
            learningRate,
            seed,
            ...(bf16 && { precision: 'bfloat16' }),
            data: {
              name: shards ? 'shards' : 'folder',
              path: data,
              ...(validation === undefined ? { split: { share: split ?? 0.1, seed } } : { validation }),
            },
            method: { ...options, kind: method },
          },
          {
            out,
            command: `npm run distil -- ${process.argv.slice(2).map(quote).join(' ')}`,
            signal,
            mlflow,
            onNotice: (text) => console.log(text),
            onDownload: ({ received, total = received }) => {
              if (!bar.isActive) bar.start(total, 0, { run: `weights of ${teacher}`, loss: '–' });
              bar.update(received);
            },
            onRun: ({ row, recipe }) => {
              current = row;
              bar.stop();
              bar.start(recipe.epochs, 0, { run: row, loss: '–' });
            },
            onEvent: (event) => {
              if (event.kind === 'step')
                bar.update(event.epoch - 1 + event.step / event.steps, { loss: event.loss.toFixed(3) });
              else console.log(`${current}, ${epochText(event)}`);
            },
          },
        );
        bar.stop();
        const page = path.join(out, 'index.html');
        await saveGain(gain, page);
        console.log(
          `${student}: ${gain.scratch.top1.toFixed(2)} % alone, ${gain.distilled.top1.toFixed(2)} % taught by ${teacher} (${gain.teacher.top1.toFixed(2)} %): ${gainedPoints(gain).toFixed(2)} points, ±${chance(gain).toFixed(1)} by chance.`,
        );
        console.log(`Page: ${page}  Student: ${path.join(out, 'student.safetensors')}`);
      } catch (error) {
        if (!isAbort(error, signal)) throw error;
        console.log('\nStopped, with a checkpoint. The same command goes on from there.');
        process.exitCode = resumeLater;
      } finally {
        bar.stop();
      }
    },
  );

void run(command);

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be a share between 0 and 1, such as 0.1.');
  return value;
}

function json(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('It must be an object of JSON, such as \'{"exponent": 1.2}\'.');
}
