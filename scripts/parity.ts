import { Command } from 'commander';
import { run } from './cli/run';
import { checkFile, referenceFiles } from './parity/files';

/** npm run parity --: compares the library with reference files, and ends in a line `N checks, M failed`. */
const command = new Command('npm run parity --')
  .description(
    'Compares the library with reference values. Prints what differs, then the number of checks and of failures.',
  )
  .argument('<paths...>', 'reference files, or folders of them')
  .option('-v, --verbose', 'print the checks that pass, too', false)
  .action((paths: string[], { verbose }: { verbose: boolean }) => {
    let checks = 0;
    let failed = 0;
    for (const file of referenceFiles(paths)) {
      for (const { name, fault } of checkFile(file)) {
        checks++;
        if (fault !== undefined) failed++;
        if (fault !== undefined) console.log(`FAILED ${file}: ${name}: ${fault}`);
        else if (verbose) console.log(`ok     ${file}: ${name}`);
      }
    }
    console.log(`${checks} checks, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  });

void run(command);
