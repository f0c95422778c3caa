import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const development = z
  .object({
    build: z.object({ dockerfile: z.string(), context: z.string(), target: z.string() }),
    postCreateCommand: z.string(),
    postAttachCommand: z.string(),
    forwardPorts: z.array(z.number()),
    remoteUser: z.string(),
  })
  .parse(JSON.parse(readFileSync('.devcontainer/devcontainer.json', 'utf8')));

test('the image copies all files that the setup reads, and they exist', () => {
  const copied = [
    ...dockerfile.slice(0, dockerfile.indexOf('RUN npm run setup')).matchAll(/^COPY --chown=node:node (.+) \S+$/gm),
  ].flatMap(([, sources = '']) => sources.split(' '));
  assert.deepEqual(
    copied.filter((source) => !existsSync(source)),
    [],
  );
  const read = readFileSync('scripts/setup.mjs', 'utf8').match(/from '\.\/(setup)\//g);
  assert.ok(read && copied.includes('scripts/setup') && copied.includes('scripts/setup.mjs'));
  const steps = readdirSync('scripts/setup')
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => readFileSync(path.join('scripts/setup', name), 'utf8'));
  const named = steps.flatMap((step) =>
    [...step.matchAll(/inProject\('(lib(?:', '\w+)+)'/g)].map(([, parts]) => parts!.split("', '").join('/')),
  );
  assert.deepEqual(copied.filter((source) => source.startsWith('lib/')).sort(), [...new Set(named)].sort());
  assert.ok(named.length >= 3);
});

test('the image excludes everything that was set up on this machine', () => {
  const ignored = readFileSync('.dockerignore', 'utf8').trim().split('\n');
  for (const folder of ['node_modules', '.venv', 'build', 'data/downloads'])
    assert.ok(ignored.includes(folder), folder);
});

test('neither container runs as root or opens JupyterLab to other machines', () => {
  const users = [...dockerfile.matchAll(/^USER (\S+)/gm)].map(([, user]) => user);
  assert.deepEqual(users, ['node']);
  assert.equal(development.remoteUser, 'node');
  assert.doesNotMatch(`${dockerfile}${JSON.stringify(development)}`, /0\.0\.0\.0|--ip|token=|allow-root/);
});

test('the development container uses a stage of the Dockerfile and commands of package.json', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string()) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  assert.match(dockerfile, new RegExp(`^FROM \\S+ AS ${development.build.target}$`, 'm'));
  assert.ok(existsSync(path.join('.devcontainer', development.build.dockerfile)));
  for (const command of [development.postCreateCommand, development.postAttachCommand])
    assert.ok((/^npm run (\w+)/.exec(command)?.[1] ?? '') in scripts, command);
  assert.deepEqual(development.forwardPorts, [8888]);
});

test('CITATION.cff names the paper', () => {
  const citation = readFileSync('CITATION.cff', 'utf8');
  assert.match(citation, /^cff-version: 1\.2\.0$/m);
  assert.match(citation, /2310\.19444/);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
  assert.match(citation, new RegExp(`^version: ${version.replaceAll('.', '\\.')}$`, 'm'));
});
