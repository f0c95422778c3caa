// npm run test:node [-- WORD…]: runs tests on the oldest supported version of Node and on later ones, from npm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { inProject, root } from './setup/project.mjs';

const versions = ['20.19', '22', '24'];
/** Tests of files, native code, child processes and a whole run. */
const defaultWords = ['io/', 'tensor/engine', 'training/training', 'runs/safety'];
const words = process.argv.slice(2);

let failed = 0;
for (const version of versions) {
  const program = install(version);
  console.log(`Node ${version}: ${spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  const args = ['--import', 'tsx', 'scripts/test.ts', ...(words.length > 0 ? words : defaultWords)];
  const env = { ...process.env, PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}` };
  if (spawnSync(program, args, { cwd: root, stdio: 'inherit', env }).status !== 0) failed++;
}
console.log(
  failed === 0 ? 'The tests pass on every version.' : `Tests fail on ${failed} of ${versions.length} versions.`,
);
process.exitCode = failed === 0 ? 0 : 1;

/** Returns the program of a version, after downloading it to build/node on the first call. */
function install(version) {
  const folder = inProject('build', 'node', version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = path.join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const options = ['--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['install', ...options, `${name}@${version}`], { stdio: 'inherit' });
  if (status === 0 && existsSync(program)) return program;
  console.error(`Node ${version} could not be installed from npm. Check the network, and run the command again.`);
  process.exit(1);
}
