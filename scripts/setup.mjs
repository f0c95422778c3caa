// npm run setup: everything that the other commands need, once; they call it themselves.
import { SetupFault } from './setup/fault.mjs';
import { advice, fellShort, setUp } from './setup/setUp.mjs';

const usage = `npm run setup [-- --force] [--complete]
  --force      do every step again
  --complete   end with an error where something had to be left out
  OFA_DEVICE   cpu or cuda; unset: what was chosen before, else cuda where there is an NVIDIA driver
  PYTHON       the Python to use; unset: the first of python3, python3.13 … python3.10 that TensorFlow supports
  OFA_MARCH    the processor to compile for (g++ -march); unset: this machine's`;

const known = ['--force', '--complete', '--help'];
const args = process.argv.slice(2);
const strange = args.find((arg) => !known.includes(arg));
if (strange !== undefined || args.includes('--help')) {
  if (strange !== undefined) console.error(`Unknown option ${strange}.`);
  console.error(usage);
  process.exit(strange === undefined ? 0 : 2);
}

try {
  const worked = await setUp({ force: args.includes('--force'), retry: true });
  console.log(worked ? 'Set up. Next: npm start, or npm run lab.' : 'Everything is in place.');
  const hint = advice();
  if (hint !== undefined) console.log(hint);
  if (args.includes('--complete') && fellShort())
    throw new SetupFault('Something had to be left out: see the lines that begin with an exclamation mark.');
} catch (error) {
  if (!(error instanceof SetupFault)) throw error;
  console.error(error.message);
  process.exit(1);
}
