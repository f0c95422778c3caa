import { Option, type Command } from 'commander';
import { profiles, type Profile } from '../../lib/profile';
import { address, names, positive, wholes } from '../cli/arguments';

/** Which jobs of an experiment. */
export interface Selected {
  readonly profile: Profile;
  readonly rows?: readonly string[];
  readonly seeds?: readonly number[];
  readonly networks?: string;
  readonly out: string;
}

/** Where and how the jobs run. */
export interface Backend {
  readonly unrecorded?: boolean;
  readonly backend: 'local' | 'slurm' | 'ray' | 'kubernetes';
  readonly jobs: number;
  readonly mlflow?: string;
  readonly cpus?: number;
  readonly gpus?: number;
  readonly processes: number;
  readonly address: string;
  readonly sbatch?: string;
  readonly image: string;
  readonly claim: string;
}

/** Adds the argument and options of `Selected` to a command. */
export function withSelection(command: Command): Command {
  return command
    .argument('<name>', 'name of the experiment; see list')
    .addOption(
      new Option(
        '--profile <name>',
        'size: synthetic images in seconds, CIFAR-100 in minutes, or the size of the paper',
      )
        .choices(profiles)
        .default('laptop'),
    )
    .option('--rows <names>', 'only these rows, separated by commas', names)
    .option('--seeds <numbers>', 'only these seeds, separated by commas', wholes)
    .option('--networks <file>', 'TypeScript file that exports networks of your own, and experiments with them')
    .option('--out <folder>', 'folder of all runs', 'runs');
}

/** The backends that use an option; the others ignore it. */
const backendsOf = {
  cpus: ['slurm', 'ray', 'kubernetes'],
  gpus: ['ray', 'kubernetes'],
  sbatch: ['slurm'],
  address: ['ray'],
  image: ['kubernetes'],
  claim: ['kubernetes'],
} as const satisfies Partial<Readonly<Record<keyof Backend, readonly Backend['backend'][]>>>;

/** Refuses options that would have no effect. */
function refuseUnused(command: Command): void {
  const { backend, profile, unrecorded } = command.opts<Selected & Backend>();
  for (const [name, backends] of Object.entries(backendsOf)) {
    if (command.getOptionValueSource(name) !== 'cli' || backends.some((one) => one === backend)) continue;
    command.error(
      `error: option '--${name}' has no effect with --backend ${backend}; it is for ${backends.join(', ')}`,
    );
  }
  if (unrecorded && profile !== 'laptop') {
    command.error(
      `error: option '--unrecorded' has no effect with --profile ${profile}: only laptop runs are recorded`,
    );
  }
}

/** Adds the options of `Backend` to a command. */
export function withBackend(command: Command): Command {
  return command
    .hook('preAction', (_, action) => refuseUnused(action))
    .option('--unrecorded', 'only jobs without a record of this version of the training in data/results')
    .addOption(
      new Option('--backend <name>', 'where the jobs run')
        .choices(['local', 'slurm', 'ray', 'kubernetes'])
        .default('local'),
    )
    .option(
      '--jobs <number>',
      'jobs at the same time. On this machine, each gets a share of the threads or a GPU. For Slurm, limits each array',
      positive,
      1,
    )
    .option('--cpus <number>', 'threads of a job (Slurm, Ray, Kubernetes)', positive)
    .option('--gpus <number>', 'GPUs of a job (Ray, Kubernetes; for Slurm use --sbatch)', positive)
    .option(
      '--mlflow <address>',
      'MLflow server to log to, such as http://127.0.0.1:5000 (default: MLFLOW_TRACKING_URI)',
      address,
    )
    .option(
      '--processes <number>',
      "processes that share each batch of a job; the recipe's accumulation must be a multiple of it",
      positive,
      1,
    )
    .option('--sbatch <options>', 'further options of sbatch, such as "--partition=gpu --gres=gpu:1"')
    .option('--address <url>', "dashboard of Ray's head", 'http://127.0.0.1:8265')
    .option('--image <name>', 'container image for Kubernetes, with Node and the libraries of this project', 'node:22')
    .option('--claim <name>', 'volume claim for Kubernetes that holds this project', 'ofa-kd');
}
