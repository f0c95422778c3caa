import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../support/temporaryFolder';

const moduleUrl = (name: string): string => pathToFileURL(path.resolve('scripts', 'setup', name)).href;

/** Runs a module in a process of its own; resolves to its exit code and output. */
async function runModule(source: string): Promise<{ readonly code: unknown; readonly text: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source]);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, text };
}

test('processes that start at the same time create one environment, and each finds it complete', async (context) => {
  const folder = await temporaryFolder(context);
  const requirements = path.join(folder, 'requirements.txt');
  writeFileSync(requirements, '# no packages: the test needs no network\n');
  const environment = path.join(folder, 'tools', 'venv');
  const source = `
    import { execFileSync } from 'node:child_process';
    import { toolEnvironment } from ${JSON.stringify(moduleUrl('toolEnvironment.mjs'))};
    const programs = await toolEnvironment(${JSON.stringify(environment)}, ${JSON.stringify(requirements)});
    console.log(execFileSync(programs + '/python', ['-m', 'pip', '--version'], { encoding: 'utf8' }));`;
  const results = await Promise.all([runModule(source), runModule(source), runModule(source)]);
  for (const { code, text } of results) {
    assert.equal(code, 0, text);
    assert.match(text, /^pip \d/m);
  }
  assert.equal(results.filter(({ text }) => text.includes('Waiting for another installation')).length, 2);
  const stamp = path.join(environment, 'requirements');
  const before = readFileSync(stamp, 'utf8');
  writeFileSync(requirements, '# changed\n');
  assert.equal((await runModule(source)).code, 0);
  assert.notEqual(readFileSync(stamp, 'utf8'), before);
});

test('Node packages of a lock file are installed once, and again after a change of it', async (context) => {
  const folder = await temporaryFolder(context);
  const [source, installed] = [path.join(folder, 'source'), path.join(folder, 'tools', 'packages')];
  mkdirSync(source);
  const writePackages = (version: string): void => {
    const entry = { name: 'none', version };
    writeFileSync(path.join(source, 'package.json'), JSON.stringify(entry));
    const lock = { ...entry, lockfileVersion: 3, requires: true, packages: { '': entry } };
    writeFileSync(path.join(source, 'package-lock.json'), JSON.stringify(lock));
  };
  const install = (): ReturnType<typeof runModule> =>
    runModule(`
      import { hasToolPackages, toolPackages } from ${JSON.stringify(moduleUrl('toolPackages.mjs'))};
      const folders = ${JSON.stringify([installed, source])};
      await toolPackages(...folders);
      console.log('installed: ' + hasToolPackages(...folders));`);
  for (const version of ['1.0.0', '2.0.0']) {
    writePackages(version);
    const [first, second] = [await install(), await install()];
    assert.match(first.text, /Installing the packages of .*package-lock\.json in .*\ninstalled: true/);
    assert.equal(second.text, 'installed: true\n');
    assert.ok(readFileSync(path.join(installed, 'package.json'), 'utf8').includes(version));
  }
});

test('takes over the lock of a killed process, and of a silent one on another machine', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'build', 'lock');
  mkdirSync(path.dirname(file));
  const source = `
    import { withLock } from ${JSON.stringify(moduleUrl('lock.mjs'))};
    await withLock(${JSON.stringify(file)}, 'test', () => console.log('has the lock'), console.log);`;
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'close');
  writeFileSync(file, `${dead.pid} ${hostname()}`);
  assert.match((await runModule(source)).text, /^has the lock$/m);
  writeFileSync(file, '1 another-machine');
  const past = Date.now() / 1000 - 120;
  utimesSync(file, past, past);
  assert.match((await runModule(source)).text, /^has the lock$/m);
});
