import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';

import { UserError } from '../lib/errors';
import { run } from './cli/run';
import { venvPython } from './setup/project.mjs';

/** An installed package with its locked version. */
export interface Package {
  readonly name: string;
  readonly version: string;
}

const lock = z.object({
  packages: z.record(
    z.object({
      name: z.string().optional(),
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
    }),
  ),
});

interface NpmPackage extends Package {
  readonly licence: string;
  /** When the package is installed, if not by the setup for use. */
  readonly note: string;
}

/** Returns the npm packages of the lock files, each with the licence that it declares. */
export function npmPackages(): NpmPackage[] {
  return unique([
    ...lockedPackages('scripts/onnxruntime', () => 'Explore page and tests'),
    ...lockedPackages('.', (dev) => (dev ? 'development only' : '')),
  ]);
}

function lockedPackages(folder: string, noteOf: (dev: boolean) => string): NpmPackage[] {
  const { packages } = lock.parse(JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')));
  return Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, { name, version = '', license, dev = false }]) => ({
      name: name ?? place.replace(/^.*node_modules\//, ''),
      version,
      licence: license ?? installedLicence(place),
      note: noteOf(dev),
    }));
}

/** Returns the Python packages of both engines, of the site, of the check, of the export and of the tests. */
export function pythonPackages(): Package[] {
  const files = [
    'scripts/setup/requirements/cpu.txt',
    'scripts/setup/requirements/cuda.txt',
    'scripts/site/requirements.txt',
    'scripts/check/requirements.txt',
    'scripts/pillow/requirements.txt',
    'scripts/onnxruntime/requirements.txt',
  ];
  return unique(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)/gm)].map(
        ([, name = '', version = '']) => ({ name: name.toLowerCase().replace(/_/g, '-'), version }),
      ),
    ),
  );
}

/** Returns docs/licences.md: tables of all packages with their licences. */
function page(): string {
  const licences = pythonLicences();
  const npm = npmPackages().map(({ name, version, licence, note }) => {
    const link = `[${name}](https://www.npmjs.com/package/${name})`;
    return `| ${link} | ${version} | ${licence} | ${note} |`;
  });
  const python = pythonPackages().map(
    ({ name, version }) =>
      `| [${name}](https://pypi.org/project/${name}/) | ${version} | ${licences.get(name) ?? 'see its page'} |`,
  );
  const introduction = [
    'This project is under the [Apache License 2.0](../LICENSE).',
    'The setup, and some commands, download the packages below from npm and PyPI;',
    'none of them is part of this repository.',
    '`npm run licences` generates the lists from the lock files, with the licences that the packages declare.',
  ].join(' ');
  return `# Licences of installed packages

${introduction}

## npm

| package | version | licence | |
|---|---|---|---|
${npm.join('\n')}

## PyPI

| package | version | licence |
|---|---|---|
${python.join('\n')}
`;
}

/** The licence in an installed package's own file, because the lock file omits licences in an outdated format. */
function installedLicence(place: string): string {
  const file = `${place}/package.json`;
  if (!existsSync(file)) return 'see its page';
  const { license, licenses } = z
    .object({
      license: z.union([z.string(), z.object({ type: z.string() })]).optional(),
      licenses: z.array(z.object({ type: z.string() })).optional(),
    })
    .parse(JSON.parse(readFileSync(file, 'utf8')));
  return (
    (typeof license === 'object' ? license.type : license) ??
    licenses?.map(({ type }) => type).join(' or ') ??
    'see its page'
  );
}

const script = `
import importlib.metadata as m, json
def licence(d):
    declared = d.get("License-Expression") or d.get("License") or ""
    classes = [c.split(" :: ")[-1] for c in d.get_all("Classifier") or [] if c.startswith("License ::")]
    if declared not in ("", "UNKNOWN") and len(declared) < 60 and "\\n" not in declared: return declared
    return ", ".join(classes) or "see its page"
def normalised(name): return name.lower().replace("_", "-").replace(".", "-")
print(json.dumps({normalised(d.metadata["Name"]): licence(d.metadata) for d in m.distributions()}))`;

function pythonLicences(): Map<string, string> {
  const tools = ['site/venv', 'check/venv', 'pillow', 'onnxruntime/venv'];
  const pythons = [venvPython, ...tools.map((folder) => path.join('build', folder, 'bin', 'python'))].filter((python) =>
    existsSync(python),
  );
  return new Map(
    pythons.flatMap((python) => {
      const { status, stdout } = spawnSync(python, ['-c', script], { encoding: 'utf8' });
      if (status !== 0) throw new UserError(`${python} could not list its packages. Run npm run setup.`);
      return Object.entries(z.record(z.string()).parse(JSON.parse(stdout)));
    }),
  );
}

function unique<P extends Package>(packages: readonly P[]): P[] {
  const found = new Map(packages.map((one) => [`${one.name} ${one.version}`, one]));
  return [...found.values()].sort(
    (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
  );
}

if (require.main === module) {
  void run(
    new Command('npm run licences')
      .description('Writes docs/licences.md from the lock files and the installed packages.')
      .action(() => writeFileSync('docs/licences.md', page())),
  );
}
