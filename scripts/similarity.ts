import path from 'node:path';
import { Command, Option } from 'commander';
import { loadDatasets } from '../lib/data/datasets/loadDatasets';
import { appendJsonLine } from '../lib/io/jsonLines';
import { measurement, readSimilarities } from '../lib/results/records/similarityRecord';
import { commit } from '../lib/runs/runFolder/machine';
import { positive, whole } from './cli/arguments';
import { run } from './cli/run';
import { measure, type Setting } from './similarity/measure';

interface Options extends Setting {
  readonly profile: 'smoke' | 'laptop';
  readonly out?: string;
}

/** npm run similarity --: how alike the layers of trained networks are, as the records that the claims are weighed by. */
const command = new Command('npm run similarity --')
  .description(
    'Records the CKA of every pair of trained networks on test images of CIFAR-100, chosen anew for each seed. What is recorded already is not recorded twice.',
  )
  .option('--networks <names>', 'by commas: of data/weights, or NAME=FILE', (text: string) => text.split(','), [
    'resnet_24',
    'resnet_16',
    'vit_96',
    'vit_64',
    'mixer_96',
    'mixer_64',
  ])
  .option(
    '--seeds <numbers>',
    'of the choice of images, by commas',
    (text: string) => text.split(',').map(whole),
    [0, 1, 2],
  )
  .option('--batches <number>', 'for each seed', positive, 8)
  .option('--batch-size <number>', 'images', positive, 128)
  .addOption(
    new Option('--profile <name>', 'smoke takes synthetic images').choices(['smoke', 'laptop']).default('laptop'),
  )
  .option(
    '--out <file>',
    'where the records are appended; unless told, those of the laptop profile under data/results, of made-up images under runs',
  )
  .action(
    async ({
      profile,
      out = path.join(profile === 'smoke' ? 'runs' : path.join('data', 'results'), 'similarity', 'cka.jsonl'),
      ...setting
    }: Options) => {
      const { test, notice } = await loadDatasets(profile);
      if (notice !== undefined) console.error(notice);
      const { networks, seeds, batches, batchSize } = setting;
      const made = `npm run similarity -- --networks ${networks.join(',')} --seeds ${seeds.join(',')} --batches ${batches} --batch-size ${batchSize} --profile ${profile}`;
      const known = new Set((await readSimilarities(out)).map(measurement));
      for await (const one of measure(setting, test, profile === 'smoke' ? 'synthetic' : 'cifar-100')) {
        const recorded = known.has(measurement(one));
        if (!recorded) await appendJsonLine(out, { ...one, ...commit(), command: made });
        console.log(
          `${one.a.network} and ${one.b.network}, seed ${one.seed}: mean CKA ${one.mean.toFixed(3)}, at like depth ${one.likeDepth.toFixed(3)}${recorded ? ' (recorded before)' : ''}`,
        );
      }
    },
  );

void run(command);
