import { Command } from 'commander';
import { checkNetwork, type NetworkReport } from '../lib/models/own/checkNetwork';
import { readNetworks } from '../lib/models/own/readNetworks';
import { positive } from './cli/arguments';
import { run } from './cli/run';

/** `npm run networks`: checks the networks of a file. */
const command = new Command('npm run networks --')
  .description(
    'Checks networks of your own: shapes, gradients, modes and weights files. Exit code 1 if anything is wrong. ' +
      'docs/networks.md describes how to write them.',
  )
  .argument('<file>', 'TypeScript file that exports networks made by defineNetwork')
  .option('--classes <number>', 'number of classes', positive, 10)
  .option('--image-size <pixels>', 'height and width of the images (default: that of the network)', positive)
  .action(async (file: string, size: { readonly classes: number; readonly imageSize?: number }) => {
    const { networks } = await readNetworks(file);
    for (const network of networks) {
      const report = await checkNetwork(network, size);
      console.log(reportText(report));
      if (report.errors.length > 0) process.exitCode = 1;
    }
  });

void run(command);

function reportText({ name, errors, parameters, stages, width, blocks }: NetworkReport): string {
  const summary =
    parameters === undefined
      ? []
      : [
          `${parameters.toLocaleString('en')} parameters, width ${width}, ${blocks?.length} blocks`,
          ...(stages ?? []).map((stage, i) => `stage ${i + 1}: ${stage}`),
        ];
  const result = errors.length === 0 ? ['nothing is wrong'] : errors.map((error) => `wrong: ${error}`);
  return [name, ...[...summary, ...result].map((line) => `  ${line.replaceAll('\n', '\n  ')}`)].join('\n');
}
