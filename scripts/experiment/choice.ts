import { Option, type Command } from 'commander';
import { profiles, type Profile } from '../../lib/profile';
import { positive, whole } from '../cli/arguments';

/** Which jobs of an experiment. */
export interface Choice {
  readonly profile: Profile;
  readonly rows?: readonly string[];
  readonly seeds?: readonly number[];
  readonly out: string;
}

/** Where and how they run. */
export interface Place {
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

/** The arguments and flags of a Choice. */
export function withChoice(sub: Command): Command {
  return sub
    .argument('<name>')
    .addOption(new Option('--profile <name>', 'how large').choices(profiles).default('laptop'))
    .option('--rows <names>', 'only these rows, by commas', (text: string) => text.split(','))
    .option('--seeds <numbers>', 'these seeds, by commas', (text: string) => text.split(',').map(whole))
    .option('--out <folder>', 'where the runs are kept', 'runs');
}

/** The flags of a Place. */
export function withPlace(sub: Command): Command {
  return sub
    .option('--unrecorded', 'only jobs of which data/results has no record: what others have run is not run again')
    .addOption(
      new Option('--backend <name>', 'where the jobs run')
        .choices(['local', 'slurm', 'ray', 'kubernetes'])
        .default('local'),
    )
    .option(
      '--jobs <number>',
      'jobs at a time: on this machine each has its share of the threads, or a GPU; for Slurm the throttle of an array',
      positive,
      1,
    )
    .option('--cpus <number>', 'threads of a job, for Slurm, Ray and Kubernetes', positive)
    .option('--gpus <number>', 'GPUs of a job, for Ray and Kubernetes; Slurm’s are named by --sbatch', positive)
    .option(
      '--mlflow <address>',
      'a server that is to have the runs too, as http://127.0.0.1:5000; that of MLFLOW_TRACKING_URI unless told',
    )
    .option(
      '--processes <number>',
      'processes of a job that share each batch; its recipe’s accumulation must be a multiple of them',
      positive,
      1,
    )
    .option('--sbatch <options>', 'further options of sbatch, as in "--partition=gpu --gres=gpu:1"')
    .option('--address <url>', 'the dashboard of Ray’s head', 'http://127.0.0.1:8265')
    .option('--image <name>', 'for Kubernetes: an image with Node and this project’s libraries', 'node:22')
    .option('--claim <name>', 'for Kubernetes: the claim of the volume that holds this project', 'ofa-kd');
}
