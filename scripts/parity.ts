import { Command, Option } from 'commander';
import { run } from './cli/run';
import type { Mode } from './parity/evaluate';
import { checkFile, referenceFiles } from './parity/files';

/** `npm run parity --`: compares the library with reference files. The last line of output is `N checks, M failed`. */
const command = new Command('npm run parity --')
  .description(
    'Compare the library with reference values. Prints the differences, then the number of checks and of failures.',
  )
  .argument('<paths...>', 'reference files, or folders of them')
  .option('-v, --verbose', 'also print the checks that pass', false)
  .addOption(
    new Option(
      '--compile <how>',
      'compile networks, losses and training steps to TensorFlow functions; xla needs a GPU or OFA_KERNELS=off',
    ).choices(['graph', 'xla']),
  )
  .action((paths: string[], { verbose, compile = 'eager' }: { verbose: boolean; compile?: Mode }) => {
    let checks = 0;
    let failed = 0;
    for (const file of referenceFiles(paths)) {
      for (const { name, error } of checkFile(file, compile)) {
        checks++;
        if (error !== undefined) failed++;
        if (error !== undefined) console.log(`FAILED ${file}: ${name}: ${error}`);
        else if (verbose) console.log(`ok     ${file}: ${name}`);
      }
    }
    console.log(`${checks} checks, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  });

void run(command);
