/** `npm run parity -- PATH…`: compares the library with reference files or folders of them. */
import { Command } from 'commander';
import { UserError } from '../lib/errors';
import { checkFile, referenceFiles } from './parity/files';

new Command('parity')
  .description('Compare the library with reference values. Prints what differs, then "N checks, M failed".')
  .argument('<paths...>', 'reference files, or folders of them')
  .option('-v, --verbose', 'print the checks that pass, too', false)
  .action((paths: string[], { verbose }: { verbose: boolean }) => {
    try {
      let checks = 0;
      let failed = 0;
      for (const file of referenceFiles(paths)) {
        for (const { name, fault } of checkFile(file)) {
          checks++;
          if (fault !== undefined) failed++;
          if (fault !== undefined || verbose) console.log(`${fault === undefined ? 'ok    ' : 'FAILED'} ${file}: ${name}${fault === undefined ? '' : `: ${fault}`}`);
        }
      }
      console.log(`${checks} checks, ${failed} failed`);
      process.exitCode = failed === 0 ? 0 : 1;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(error.message);
      process.exitCode = 2;
    }
  })
  .parse();
