// npm run setup: installs and compiles everything that the other commands need. They call it themselves.
import { endOnInterrupt } from './setup/interrupt.mjs';
import { SetupError } from './setup/setupError.mjs';
import { advice, isIncomplete, setUp } from './setup/setUp.mjs';

const usage = `npm run setup [-- --force] [--complete]
  --force      repeat every step
  --complete   exit with an error if an optional part could not be built
Environment variables
  OFA_DEVICE   cpu or cuda. Default: the earlier choice, otherwise cuda if there is an NVIDIA driver
  PYTHON       Python to use. Default: the first of python3, python3.13, …, python3.10 that TensorFlow supports
  OFA_MARCH    processor to compile for (g++ -march). Default: this machine's`;

const options = ['--force', '--complete', '--help'];
const args = process.argv.slice(2);
const unknown = args.find((arg) => !options.includes(arg));
if (unknown !== undefined || args.includes('--help')) {
  if (unknown !== undefined) console.error(`Unknown option ${unknown}.`);
  console.error(usage);
  process.exit(unknown === undefined ? 0 : 2);
}

// A step of the setup prints its own message.
endOnInterrupt(() => 'Stopped. Run npm run setup again to resume.');
try {
  const didWork = await setUp({ force: args.includes('--force'), retry: true });
  console.log(didWork ? 'Setup is complete. Next: npm start, or npm run lab.' : 'Everything is in place.');
  const hint = advice();
  if (hint !== undefined) console.log(hint);
  if (args.includes('--complete') && isIncomplete())
    throw new SetupError('An optional part could not be built: see the lines that start with an exclamation mark.');
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exit(1);
}
