import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { matchingFiles } from './cli/matchingFiles';
import { run } from './cli/run';

/** Time limit of a test file. */
const timeoutMs = 30 * 60_000;

/** npm test: runs every test file, or those whose path contains one of the given words, each in its own process. */
const command = new Command('npm test --')
  .description('Runs the tests.')
  .argument('[words...]', 'run only the test files whose path contains one of these')
  .action((words: string[]) => {
    const files = matchingFiles(testFiles('test'), words, 'test file');
    const { status } = spawnSync(
      process.execPath,
      [
        '--import',
        'tsx',
        '--test',
        '--test-reporter=spec',
        '--test-force-exit',
        `--test-timeout=${timeoutMs}`,
        `--test-concurrency=${Math.min(4, Math.max(2, Math.floor(availableParallelism() / 2)))}`,
        ...files,
      ],
      { stdio: 'inherit', env: plainEnvironment() },
    );
    process.exitCode = status ?? 1;
  });

/** The user's environment without variables that change the tests' results or connect to the user's servers. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(MLFLOW_|SLURM_|TF_NUM_|OFA_PROFILE$|OFA_PARAMS$|OFA_KERNELS$|OFA_COMPILE$)/.test(name),
    ),
  );
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name))
    .sort();
}

void run(command);
