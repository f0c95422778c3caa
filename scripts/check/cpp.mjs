/**
 * Checks the C++ of lib: the format, by clang-format, and that each source and header compiles by itself. A file is
 * compiled again only if it, a file of ours that it includes, the flags or the compiler have changed since the last
 * check. `--format` formats the files instead.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { bindingSources } from '../setup/addon.mjs';
import { compilerIdentity, findCompiler } from '../setup/compiler.mjs';
import { findWheel } from '../setup/environment.mjs';
import { SetupError } from '../setup/setupError.mjs';
import { fingerprint, ofFiles } from '../setup/fingerprint.mjs';
import { imageSources } from '../setup/images.mjs';
import { kernelSources } from '../setup/kernels.mjs';
import { compileArguments } from '../setup/link.mjs';
import { inProject, root } from '../setup/project.mjs';
import { toolEnvironment } from '../setup/toolEnvironment.mjs';

const folder = inProject('build', 'check');
const record = path.join(folder, 'cpp.json');

/** The folders of C++ sources and the flags they are compiled with; the first that contains a file applies. */
const parts = [bindingSources, imageSources, kernelSources];

try {
  const files = readdirSync(inProject('lib'), { recursive: true })
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => path.join('lib', name));
  const isFormatted = await checkFormat(files, process.argv.includes('--format'));
  const failures = await checkThatEachCompiles(files);
  for (const { file, output } of failures) console.error(`${file} does not compile by itself:\n${output}`);
  process.exitCode = isFormatted && failures.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function checkFormat(files, writes) {
  const requirements = inProject('scripts', 'check', 'requirements.txt');
  const clangFormat = path.join(await toolEnvironment(path.join(folder, 'venv'), requirements), 'clang-format');
  const { status, stderr } = spawnSync(clangFormat, [...(writes ? ['-i'] : ['--dry-run', '--Werror']), ...files], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status === 0) return true;
  console.error(`${stderr}Some C++ files are not formatted. Run \`node scripts/check/cpp.mjs --format\`.`);
  return false;
}

async function checkThatEachCompiles(files) {
  const [compiler, wheel] = [findCompiler(), findWheel()];
  if (compiler === undefined || wheel === undefined) {
    console.warn(
      `Warning: the C++ is not compiled: ${compiler ? 'the TensorFlow wheel' : 'a C++ compiler'} is missing.`,
    );
    return [];
  }
  const passed = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : {};
  const checks = files
    .flatMap((file) => checksOf(file, compiler, wheel))
    .filter(({ key, identity }) => {
      const known = passed[key];
      return known === undefined || known.identity !== identity || known.contents !== contentsOf(known.dependencies);
    });
  mkdirSync(folder, { recursive: true });
  const failures = [];
  const next = async () => {
    for (let check = checks.shift(); check !== undefined; check = checks.shift()) {
      const { code, output, dependencies } = await compile(compiler, check);
      if (code === 0)
        passed[check.key] = { identity: check.identity, dependencies, contents: contentsOf(dependencies) };
      else failures.push({ file: check.file, output });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
  // Another check may write at the same time.
  const draft = `${record}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(passed, null, 1));
  renameSync(draft, record);
  return failures;
}

/** A file is checked for this machine's processor; branches for newer ones, also for one that has them. */
function checksOf(file, compiler, wheel) {
  const { flags } = parts.find((part) => inProject(file).startsWith(part.folder + path.sep));
  const hasBranches = process.arch === 'x64' && /__(AVX512|AMX)/.test(readFileSync(inProject(file), 'utf8'));
  return ['native', ...(hasBranches ? ['sapphirerapids'] : [])].map((march) => {
    const args = compileArguments({ wheel, flags: [...flags, `-march=${march}`] });
    return { key: `${file} (${march})`, file, args, identity: fingerprint(compilerIdentity(compiler), ...args) };
  });
}

/** Compiles a file that includes nothing but the one to check; returns the files of ours that were read. */
async function compile(compiler, { key, file, args }) {
  const dependencyFile = path.join(folder, `${fingerprint(key)}.${process.pid}.d`);
  const child = spawn(compiler, [...args, '-fsyntax-only', '-MMD', '-MF', dependencyFile, '-x', 'c++', '-']);
  child.stdin.end(`#include "${inProject(file)}"\n`);
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, output, dependencies: code === 0 ? readDependencies(dependencyFile) : [] };
}

/** The files of ours in a Makefile rule that the compiler wrote; deletes it. */
function readDependencies(file) {
  const [, ...names] = readFileSync(file, 'utf8').split(/[\s\\]+/);
  rmSync(file);
  return names.map((name) => path.relative(root, path.resolve(name))).filter((name) => name.startsWith('lib'));
}

/** The hash of the files' contents; undefined if one is missing. */
function contentsOf(files) {
  return files.every((file) => existsSync(inProject(file))) ? ofFiles(files.map((file) => inProject(file))) : undefined;
}
