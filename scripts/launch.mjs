// node scripts/launch.mjs NAME ARGS…: completes the setup if necessary, then runs scripts/NAME.ts in the foreground.
import { existsSync, readdirSync } from 'node:fs';
import { endOnInterrupt } from './setup/interrupt.mjs';
import { engineEnvironment } from './setup/engineEnvironment.mjs';
import { runInForeground } from './setup/foreground.mjs';
import { inProject } from './setup/project.mjs';
import { SetupError } from './setup/setupError.mjs';
import { setUp } from './setup/setUp.mjs';

const [name = '', ...args] = process.argv.slice(2);
const script = inProject('scripts', `${name}.ts`);

if (!/^[\w-]+$/.test(name) || !existsSync(script)) {
  const commands = readdirSync(inProject('scripts'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
  console.error(`Unknown command "${name}". Commands: ${commands.join(', ')}.`);
  process.exit(2);
}

const stopListening = endOnInterrupt(() => 'Stopped.');
try {
  await setUp();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exit(1);
}

stopListening();
const tsx = ['--import', import.meta.resolve('tsx')];
runInForeground(process.execPath, [...tsx, script, ...args], { ...process.env, ...engineEnvironment() }, '\nStopped.');
