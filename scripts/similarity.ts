import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { disposeModule } from '../lib/models/parameter';
import { readNetworks } from '../lib/models/own/readNetworks';
import { layerNames } from '../lib/models/observedLayers';
import { createModel } from '../lib/models/zoo';
import { minibatchCka } from '../lib/runs/studies/calibratedSimilarity';
import { measureNames } from '../lib/similarity/measures';
import { Random } from '../lib/tensor/random';
import { names, positive, wholes } from './cli/arguments';
import { run } from './cli/run';
import { calibrate, type CalibrateOptions } from './similarity/calibrate';
import { compare, type CompareOptions } from './similarity/compare';
import { recordCka, type RecordOptions } from './similarity/recordCka';

const six = ['resnet_24', 'resnet_16', 'vit_96', 'vit_64', 'mixer_96', 'mixer_64'];

/** npm run similarity --: compares the layers of two networks, and records similarities of trained networks. */
const program = new Command('npm run similarity --')
  .description(
    'Compares the layers of two networks on the same images, calibrated by permuting the images, and writes a page,\n' +
      'a CSV file and the records. A network is NAME, NAME:FILE, NAME:OWNER/REPOSITORY or NAME:fresh.\n' +
      'Ctrl-C pauses (exit code 75); run the same command again to resume after the last finished measurement.',
  )
  // The subcommands have options of the same names.
  .enablePositionalOptions()
  .argument('<a>', 'first network, the rows: resnet_24, resnet18:timm/resnet18.a1_in1k')
  .argument('<b>', 'second network, the columns')
  .option('--data <images>', 'cifar-100, synthetic, or a folder with one folder of images per class', 'cifar-100')
  .option(
    '--measure <names>',
    `separated by commas: ${[minibatchCka, ...measureNames].join(', ')}; knn:5 sets k, rbf-cka:0.5 the width`,
    names,
    [minibatchCka, 'knn'],
  )
  .option('--layers <patterns>', "separated by commas, such as 'layer[34].*,blocks.*.attn'; default: all blocks", globs)
  .option('--images <number>', 'number of images', positive, 512)
  .option('--batch-size <number>', 'images in a batch', positive, 64)
  .option('--seeds <numbers>', 'one sample of images for each seed, separated by commas', wholes, [0])
  .addOption(permutations())
  .addOption(alpha())
  .option('--image-size <pixels>', "input size of both networks; default: each network's own", positive)
  .option('--networks <file>', 'TypeScript file that exports networks of your own')
  .option('--max-memory <GB>', 'for features and Gram matrices; default: half of the memory', number)
  .option('--out <folder>', 'folder of the page, the CSV file and the records', path.join('out', 'similarity'))
  .action((a: string, b: string, options: CompareOptions) => compare(a, b, options));

program
  .command('layers')
  .description('list the layers of a network, for --layers')
  .argument('<network>', 'name of the network')
  .option('--networks <file>', 'TypeScript file that exports networks of your own')
  .action(async (name: string, { networks: file }: { readonly networks?: string }) => {
    const networks = file === undefined ? undefined : await readNetworks(file);
    const model = createModel(name, { classes: 100, networks }, new Random(0));
    const blocks = new Set(model.blockNames);
    for (const layer of layerNames(model)) console.log(blocks.has(layer) ? `${layer} (block)` : layer);
    disposeModule(model);
  });

program
  .command('record')
  .description('record the CKA of every pair of trained networks on test images of CIFAR-100, without calibration')
  .option('--networks <names>', 'separated by commas: names in data/weights, or NAME=FILE', names, six)
  .option('--seeds <numbers>', 'for the choice of images, separated by commas', wholes, [0, 1, 2])
  .option('--batches <number>', 'number of batches for each seed', positive, 8)
  .option('--batch-size <number>', 'number of images in a batch', positive, 128)
  .addOption(profile())
  .option('--out <file>', 'file to append the records to; default: in data/results, or in runs with the smoke profile')
  .action((options: RecordOptions) => recordCka(options));

program
  .command('calibrate')
  .description('record the calibrated similarity of every pair of networks on test images of CIFAR-100')
  .option('--networks <names>', 'separated by commas: names in data/weights, or NAME:FILE', names, six)
  .option('--measure <names>', 'separated by commas', names, ['cka', 'knn'])
  .option('--seeds <numbers>', 'for the choice of images, separated by commas', wholes, [0, 1, 2])
  .option('--images <number>', 'number of images for each seed', positive, 512)
  .option('--batch-size <number>', 'number of images in a batch', positive, 128)
  .option('--random', 'give the networks random weights, as a control')
  .addOption(permutations())
  .addOption(alpha())
  .addOption(profile())
  .option(
    '--out <file>',
    'file to append the records to',
    path.join('data', 'results', 'similarity', 'calibrated.jsonl'),
  )
  .action((options: CalibrateOptions) => calibrate(options));

void run(program);

function permutations(): Option {
  return new Option('--permutations <number>', 'number of permutations').argParser(positive).default(200);
}

function alpha(): Option {
  return new Option('--alpha <share>', 'share of unrelated pairs of layers that may pass')
    .argParser(share)
    .default(0.05);
}

function profile(): Option {
  return new Option('--profile <name>', 'smoke uses synthetic images').choices(['smoke', 'laptop']).default('laptop');
}

/** Splits at commas outside of braces, which belong to a pattern. */
function globs(text: string): string[] {
  return text.split(/,(?![^{]*\})/).map((part) => part.trim());
}

function number(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a positive number.');
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be a number between 0 and 1.');
  return value;
}
