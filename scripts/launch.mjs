// node scripts/launch.mjs NAME ARGS…: sets up what is not yet set up, then runs scripts/NAME.ts as if it were called itself.
import { existsSync, readdirSync } from 'node:fs';
import { engineEnvironment } from './setup/engineEnvironment.mjs';
import { SetupFault } from './setup/fault.mjs';
import { foreground } from './setup/foreground.mjs';
import { inProject } from './setup/project.mjs';
import { setUp } from './setup/setUp.mjs';

const [name = '', ...args] = process.argv.slice(2);
const script = inProject('scripts', `${name}.ts`);

if (!/^[\w-]+$/.test(name) || !existsSync(script)) {
  const known = readdirSync(inProject('scripts'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''));
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

foreground(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
  ...process.env,
  ...engineEnvironment(),
});
