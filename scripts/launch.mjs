// node scripts/launch.mjs NAME ARGS…: sets up what is not yet set up, then runs scripts/NAME.ts as if it were called itself.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { engineEnvironment } from './setup/engineEnvironment.mjs';
import { SetupFault } from './setup/fault.mjs';
import { inProject, root } from './setup/project.mjs';
import { setUp } from './setup/setUp.mjs';

const [name = '', ...args] = process.argv.slice(2);
const script = inProject('scripts', `${name}.ts`);

if (!/^[\w-]+$/.test(name) || !existsSync(script)) {
  const known = readdirSync(inProject('scripts')).filter((file) => file.endsWith('.ts')).map((file) => file.replace(/\.ts$/, ''));
  console.error(`There is no command "${name}". Known: ${known.join(', ')}.`);
  process.exit(2);
}

try {
  await setUp();
} catch (error) {
  if (!(error instanceof SetupFault)) throw error;
  console.error(error.message);
  process.exit(1);
}

const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
  cwd: root,
  env: { ...process.env, ...engineEnvironment() },
  stdio: 'inherit',
});
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => child.kill(signal));
// A terminal sends Ctrl-C to the child as well; sent twice it would mean "stop at once".
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
