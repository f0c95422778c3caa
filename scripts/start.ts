import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command } from 'commander';

import { loadCifar100 } from '../lib/data/datasets/cifar100/cifar100';
import { UserError } from '../lib/errors';
import { UnreachableError } from '../lib/io/download/http';
import { run } from './cli/run';
import { StatusLine } from './cli/statusLine';
import { executeNotebooks, type Executed } from './notebooks/execute';

const out = 'out';

/** npm start: the data, then every notebook executed on the real kernel and written as a page. */
const command = new Command('npm start --')
  .description(`Gets the data, executes the notebooks, and writes them and a page of each into ${out}/.`)
  .argument('[words...]', 'only the notebooks whose name contains one of these')
  .addHelpText(
    'after',
    '\nOFA_PROFILE=smoke executes them in a few minutes on made-up images; laptop is the default, paper the paper’s own size.',
  )
  .action(async (words: string[]) => {
    const notebooks = readdirSync('notebooks')
      .filter((name) => name.endsWith('.ipynb'))
      .sort();
    const chosen = notebooks.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
    if (chosen.length === 0)
      throw new UserError(
        `No notebook in notebooks/ has a name that contains ${words.map((word) => `"${word}"`).join(' or ')}. There are: ${notebooks.join(', ') || 'none'}.`,
      );

    if (process.env.OFA_PROFILE !== 'smoke') await getData();
    mkdirSync(out, { recursive: true });
    // The pages refer to one copy of what draws figures and formulas; it is too large to be carried by each.
    copyFileSync(path.join('node_modules', 'plotly.js-dist', 'plotly.js'), path.join(out, 'plotly.js'));
    copyFileSync(path.join('node_modules', 'mathjax', 'es5', 'tex-svg.js'), path.join(out, 'mathjax.js'));

    console.log(`Notebooks (profile ${process.env.OFA_PROFILE ?? 'laptop'})`);
    const status = new StatusLine();
    const executed: Executed[] = [];
    for await (const event of executeNotebooks(
      chosen.map((name) => path.join('notebooks', name)),
      out,
    )) {
      if (event.event === 'cell') {
        status.show(`  … ${event.notebook}: ${event.done} of ${event.cells} cells`);
        continue;
      }
      status.clear();
      executed.push(event);
      console.log(
        `  ${event.faults.length === 0 ? '✓' : '✗'} ${event.notebook}: ${event.cells} cells, ${event.seconds.toFixed(0)} s`,
      );
      for (const fault of event.faults) console.error(indent(fault, 6));
    }
    report(executed);
  });

async function getData(): Promise<void> {
  const status = new StatusLine();
  const start = performance.now();
  try {
    const { train, test } = await loadCifar100({
      onProgress: ({ received, total }) => status.show(`  … CIFAR-100: ${megabytes(received)} of ${megabytes(total)}`),
    });
    status.clear();
    console.log(
      `Data\n  ✓ CIFAR-100: ${train.count} training and ${test.count} test images (${((performance.now() - start) / 1000).toFixed(1)} s)`,
    );
  } catch (error) {
    status.clear();
    if (!(error instanceof UnreachableError)) throw error;
    console.warn(
      `Data\n  ! ${error.message}\n  ! Going on without CIFAR-100: notebooks compute on made-up images, under a banner, which says nothing about the paper.`,
    );
  }
}

function report(executed: readonly Executed[]): void {
  const measured = executed.flatMap(({ notebook, summary }) =>
    summary.map((text) => `  ${notebook}\n${indent(text.trimEnd(), 4)}`),
  );
  if (measured.length > 0) console.log(`\nMeasured\n${measured.join('\n')}`);
  console.log(
    `\nPages: ${executed.map(({ notebook }) => path.join(out, notebook.replace(/ipynb$/, 'html'))).join('  ')}`,
  );
  console.log('JupyterLab: npm run lab');
  const failed = executed.filter(({ faults }) => faults.length > 0);
  if (failed.length > 0)
    throw new UserError(
      `${failed.length} of ${executed.length} notebooks failed: ${failed.map(({ notebook }) => notebook).join(', ')}.`,
    );
}

const indent = (text: string, columns: number): string => text.replace(/^/gm, ' '.repeat(columns));
const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '?' : `${(bytes / 1e6).toFixed(0)} MB`);

void run(command);
