import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';

import { loadCifar100 } from '../lib/data/datasets/cifar100/cifar100';
import { UserError } from '../lib/errors';
import { writeAtomic } from '../lib/io/atomic';
import { UnreachableError } from '../lib/io/download/http';
import { parameters } from '../lib/notebook/parameters';
import { matchingFiles } from './cli/matchingFiles';
import { run } from './cli/run';
import { StatusLine } from './cli/statusLine';
import { checkParameters } from './notebooks/checkParameters';
import { executeNotebooks, type Executed } from './notebooks/execute';

const out = 'out';

/** npm start: downloads the data, executes the notebooks on the Jupyter kernel, and writes a page for each. */
const command = new Command('npm start --')
  .description(`Downloads CIFAR-100, executes the notebooks, and writes them with an HTML page each to ${out}/.`)
  .argument('[words...]', 'execute only notebooks whose path contains one of these words')
  .addHelpText(
    'after',
    '\nOFA_PROFILE selects the scale: smoke (a few minutes, synthetic images), laptop (default), or paper.' +
      '\nOFA_PARAMS overrides parameters of the notebooks: OFA_PARAMS=\'{"epochs": 2}\' npm start -- distil',
  )
  .action(async (words: string[]) => {
    const chosen = chooseNotebooks(words);
    // Wrong variables would fail in every notebook, one after the other.
    const { profile } = parameters({}, {}, { OFA_PROFILE: process.env.OFA_PROFILE });
    checkParameters(chosen);
    if (profile !== 'smoke') await downloadData();
    // All pages share one copy of the libraries for figures and formulas, which are too large to embed in each.
    await writeAtomic(path.join(out, 'plotly.js'), readFileSync('node_modules/plotly.js-dist/plotly.js'));
    await writeAtomic(path.join(out, 'mathjax.js'), readFileSync('node_modules/mathjax/es5/tex-svg.js'));

    console.log(`Notebooks (profile ${profile})`);
    report(await execute(chosen));
  });

function chooseNotebooks(words: readonly string[]): string[] {
  const notebooks = readdirSync('notebooks')
    .filter((name) => name.endsWith('.ipynb'))
    .sort()
    .map((name) => path.join('notebooks', name));
  return matchingFiles(notebooks, words, 'notebook');
}

async function execute(files: readonly string[]): Promise<Executed[]> {
  const status = new StatusLine();
  const executed: Executed[] = [];
  for await (const event of executeNotebooks(files, out)) {
    if (event.event === 'cell') {
      status.show(`  … ${event.notebook}: ${event.done} of ${event.cells} cells`);
      continue;
    }
    const { notebook, cells, seconds, errors } = event;
    status.clear();
    executed.push(event);
    console.log(`  ${errors.length === 0 ? '✓' : '✗'} ${notebook}: ${cells} cells, ${seconds.toFixed(0)} s`);
    for (const error of errors) console.error(indent(error, 6));
  }
  return executed;
}

async function downloadData(): Promise<void> {
  const status = new StatusLine();
  const start = performance.now();
  try {
    const { train, test } = await loadCifar100({
      onProgress: ({ received, total }) => status.show(`  … CIFAR-100: ${megabytes(received)} of ${megabytes(total)}`),
    });
    status.clear();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`Data\n  ✓ CIFAR-100: ${train.count} training and ${test.count} test images (${seconds} s)`);
  } catch (error) {
    status.clear();
    if (!(error instanceof UnreachableError)) throw error;
    console.warn(
      `Data\n  ! ${error.message}\n` +
        '  ! Continuing without CIFAR-100: the notebooks use synthetic images and mark their results as meaningless.',
    );
  }
}

/** Prints the results of the cells tagged `summary`. Throws a UserError if a notebook failed. */
function report(executed: readonly Executed[]): void {
  const results = executed.flatMap(({ notebook, summary }) =>
    summary.map((text) => `  ${notebook}\n${indent(text.trimEnd(), 4)}`),
  );
  if (results.length > 0) console.log(`\nResults\n${results.join('\n')}`);
  const pages = executed.map(({ notebook, errors }) =>
    path.join(out, notebook.replace(/ipynb$/, errors.length > 0 ? 'failed.html' : 'html')),
  );
  console.log(`\nPages: ${pages.join('  ')}`);
  console.log('JupyterLab: npm run lab');
  const failed = executed.filter(({ errors }) => errors.length > 0).map(({ notebook }) => notebook);
  if (failed.length > 0)
    throw new UserError(`${failed.length} of ${executed.length} notebooks failed: ${failed.join(', ')}.`);
}

const indent = (text: string, columns: number): string => text.replace(/^/gm, ' '.repeat(columns));
const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '?' : `${(bytes / 1e6).toFixed(0)} MB`);

void run(command);
