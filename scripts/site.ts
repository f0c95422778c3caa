import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { UserError } from '../lib/errors';
import { run } from './cli/run';
import { runLogged } from './setup/command.mjs';
import { ofFiles } from './setup/fingerprint.mjs';
import { venvPython } from './setup/project.mjs';
import { sources } from './site/sources';

const home = path.join('build', 'site');
const pages = path.join(home, 'pages');
const requirements = path.join('scripts', 'site', 'requirements.txt');

/** npm run site: static pages of the README, docs/ and the executed notebooks, with an index and a search; they need no server. */
const command = new Command('npm run site')
  .description(
    'Builds the site from the notebooks as they are committed or, with --executed, as npm start has executed them.',
  )
  .option('--executed', 'take the notebooks from out/')
  .action(async ({ executed = false }: { readonly executed?: boolean }) => {
    if (executed && !existsSync('out'))
      throw new UserError('There are no executed notebooks in out/. Run npm start first.');
    const python = await environment();
    await rm(pages, { recursive: true, force: true });
    for (const [from, to] of sources) {
      if (!existsSync(from)) continue;
      await mkdir(path.dirname(path.join(pages, to)), { recursive: true });
      await cp(from, path.join(pages, to), { recursive: true, filter: (file) => !file.includes('.ipynb_checkpoints') });
    }
    if (executed)
      await cp('out', path.join(pages, 'notebooks'), { recursive: true, filter: (file) => !file.endsWith('.html') });
    await runLogged(
      python,
      ['-m', 'mkdocs', 'build', '--quiet', '--clean', '-f', path.join('scripts', 'site', 'mkdocs.yml')],
      { env: { NO_MKDOCS_2_WARNING: '1' } },
    );
    console.log(`The site is in site/; open ${path.resolve('site', 'index.html')}.`);
  });

/** The Python that builds sites, with its packages of its own: set up at the first call and when they change. */
async function environment(): Promise<string> {
  const python = path.join(home, 'venv', 'bin', 'python');
  const stamp = path.join(home, 'venv', 'requirements');
  const wanted = ofFiles([requirements]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  console.log('Setting up mkdocs, once.');
  await runLogged(venvPython, ['-m', 'venv', '--clear', path.join(home, 'venv')]);
  await runLogged(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', requirements]);
  writeFileSync(stamp, wanted);
  return python;
}

void run(command);
