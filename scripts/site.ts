import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { UserError } from '../lib/errors';
import { endOnInterrupt } from './cli/endOnInterrupt';
import { run } from './cli/run';
import { runLogged } from './setup/command.mjs';
import { toolEnvironment } from './setup/toolEnvironment.mjs';
import { buildExplore } from './site/buildExplore';
import { sources } from './site/sources';

const buildFolder = path.join('build', 'site');
const pages = path.join(buildFolder, 'pages');
const built = path.join(buildFolder, 'html');
const requirements = path.join('scripts', 'site', 'requirements.txt');

/** npm run site: a static site of README, docs/, notebooks and the Explore page, readable without a server. */
const command = new Command('npm run site')
  .description(
    'Builds the site from the committed notebooks or, with --executed, from those that npm start has executed.',
  )
  .option('--executed', 'use the notebooks in out/')
  .action(async ({ executed = false }: { readonly executed?: boolean }) => {
    if (executed && !existsSync('out'))
      throw new UserError('No executed notebooks exist in out/. Run npm start first.');
    endOnInterrupt();
    const programs = await toolEnvironment(path.resolve(buildFolder, 'venv'), requirements);
    await rm(pages, { recursive: true, force: true });
    for (const [from, to] of sources) {
      if (!existsSync(from)) continue;
      await mkdir(path.dirname(path.join(pages, to)), { recursive: true });
      await cp(from, path.join(pages, to), { recursive: true, filter: isPublished });
    }
    if (executed)
      await cp('out', path.join(pages, 'notebooks'), { recursive: true, filter: (file) => !file.endsWith('.html') });
    await buildExplore(path.join(pages, 'assets', 'explore'));
    await runLogged(
      path.join(programs, 'python'),
      ['-m', 'mkdocs', 'build', '--quiet', '--clean', '-f', path.join('scripts', 'site', 'mkdocs.yml')],
      { env: { NO_MKDOCS_2_WARNING: '1' } },
    );
    await rm('site', { recursive: true, force: true });
    await rename(built, 'site');
    console.log(`Built site/. Open ${path.resolve('site', 'index.html')}.`);
  });

/** Excludes backups of notebooks, and compiled files. */
function isPublished(file: string): boolean {
  return !/\.ipynb_checkpoints|\.(node|o|so)$/.test(file);
}

void run(command);
