import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { openClassifier } from '../lib/export/classifier';
import { disposeModule } from '../lib/models/parameter';
import { branchesBeside } from '../lib/models/branches/branchesBeside';
import { readNetworks } from '../lib/models/own/readNetworks';
import { UserError } from '../lib/errors';
import { fileError } from '../lib/io/fileError';
import { positive } from './cli/arguments';
import { endOnInterrupt } from './cli/endOnInterrupt';
import { run } from './cli/run';
import { exportModels } from './export/exportModels';
import { checkMeasurable, recordDeployed } from './export/recordDeployed';
import { installOnnxruntime } from './onnxruntime/environments.mjs';

interface Options {
  readonly network?: string;
  readonly imageSize?: number;
  readonly classes?: string;
  readonly networks?: string;
  readonly format: 'onnx';
  readonly exits?: true | string;
  readonly int8?: true;
  readonly calibrate?: string;
  readonly check?: true;
  readonly record?: true;
  readonly out: string;
}

/** npm run export --: writes a trained network as an ONNX model. */
const command = new Command('npm run export --')
  .description(
    'Writes a trained network as an ONNX model, with class names and preprocessing in its metadata, and the ' +
      'configuration of transformers.js if that supports the architecture. The size of the batch is free.',
  )
  .argument('<weights>', 'weights of the network, a .safetensors file')
  .addOption(new Option('--format <name>', 'file format').choices(['onnx']).default('onnx'))
  .option('--network <name>', 'name of the network (default: the one that the file states)')
  .option('--image-size <pixels>', 'height and width of its images (default: stated, or its own)', positive)
  .option('--classes <file>', 'text file with one class name per line (default: stated)')
  .option('--networks <file>', 'TypeScript file that exports networks of your own')
  .option('--exits [file]', 'add the outputs of exit branches (default file: WEIGHTS.branches.safetensors)')
  .option('--int8', 'also write a model that onnxruntime has quantised to int8')
  .option(
    '--calibrate <folder>',
    'images for --int8, with one subfolder per class (default: training images of CIFAR-100)',
  )
  .option('--check', "compare onnxruntime's outputs with the network's")
  .option(
    '--record',
    'measure top-1 on CIFAR-100, size and latency in float32 and int8, and record them in data/results/export',
  )
  .option('--out <folder>', 'folder for the model', path.join('out', 'export'))
  .action(exportWeights);

void run(command);

async function readNames(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line !== '');
  } catch (error) {
    throw fileError(error, 'read', file);
  }
}

async function exportWeights(weights: string, options: Options): Promise<void> {
  if (options.calibrate !== undefined && !options.int8)
    throw new UserError('--calibrate is for the quantisation. Add --int8.');
  endOnInterrupt();
  const { network, imageSize, out } = options;
  const classes = options.classes === undefined ? undefined : await readNames(options.classes);
  const networks = options.networks === undefined ? undefined : await readNetworks(options.networks);
  const classifier = openClassifier(weights, { network, imageSize, classes, networks });
  try {
    if (options.record) checkMeasurable(classifier, weights);
    const branches = options.exits === true ? branchesBeside(weights) : options.exits;
    await exportModels(classifier, out, { ...options, branches });
    if (options.record) {
      await installOnnxruntime();
      await recordDeployed(classifier, weights, out);
    }
  } finally {
    disposeModule(classifier.model);
  }
}
