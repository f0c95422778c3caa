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

/** `npm run similarity`: records the CKA between trained networks, on which the claim about features is tested. */
const program = new Command('npm run similarity --')
  .description(
    'Records the CKA of every pair of trained networks on test images of CIFAR-100. Each seed draws other images. ' +
      'Measurements that are recorded already are not recorded again.',
  )
  .option(
    '--networks <names>',
    'separated by commas: names in data/weights, or NAME=FILE',
    (text: string) => text.split(','),
    ['resnet_24', 'resnet_16', 'vit_96', 'vit_64', 'mixer_96', 'mixer_64'],
  )
  .option(
    '--seeds <numbers>',
    'for the choice of images, separated by commas',
    (text: string) => text.split(',').map(whole),
    [0, 1, 2],
  )
  .option('--batches <number>', 'number of batches for each seed', positive, 8)
  .option('--batch-size <number>', 'number of images in a batch', positive, 128)
  .addOption(
    new Option('--profile <name>', 'smoke uses synthetic images').choices(['smoke', 'laptop']).default('laptop'),
  )
  .option('--out <file>', 'file to append the records to; default: in data/results, or in runs with the smoke profile')
  .action(
    async ({
      profile,
      out = path.join(profile === 'smoke' ? 'runs' : path.join('data', 'results'), 'similarity', 'cka.jsonl'),
      ...setting
    }: Options) => {
      const { test, notice } = await loadDatasets(profile);
      if (notice !== undefined) console.error(notice);
      const { networks, seeds, batches, batchSize } = setting;
      const command =
        `npm run similarity -- --networks ${networks.join(',')} --seeds ${seeds.join(',')} ` +
        `--batches ${batches} --batch-size ${batchSize} --profile ${profile}`;
      const known = new Set((await readSimilarities(out)).map(measurement));
      for await (const one of measure(setting, test, profile === 'smoke' ? 'synthetic' : 'cifar-100')) {
        const recorded = known.has(measurement(one));
        if (!recorded) await appendJsonLine(out, { ...one, ...commit(), command });
        const { a, b, seed, mean, likeDepth } = one;
        console.log(
          `${a.network} and ${b.network}, seed ${seed}: mean CKA ${mean.toFixed(3)}, ` +
            `at equal depth ${likeDepth.toFixed(3)}${recorded ? ' (recorded already)' : ''}`,
        );
      }
    },
  );

void run(program);
