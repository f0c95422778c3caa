import path from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../lib/errors';
import { readJsonLines } from '../lib/io/jsonLines';
import { Busy } from '../lib/runs/lock';
import { sessions } from '../lib/runs/sessions';
import { run } from './cli/run';

/** node --import tsx scripts/job.ts PLAN INDEX --out DIR: one job of a plan in this process, as slots, Slurm, Ray and Kubernetes call it. Exit code 75: not finished, run me again. */
const resumeLater = 75;
const identified = z.object({ id: z.string() });

const command = new Command('job').description('Runs one job of a plan.')
  .argument('<plan>', 'a file of jobs, one line of JSON each').argument('<index>', 'which of its lines, from 0', Number)
  .requiredOption('--out <folder>', 'where the runs are kept')
  .option('--checkpoint-seconds <number>', 'between checkpoints within an epoch', Number, 30)
  .action(async (plan: string, index: number, { out, checkpointSeconds }: { readonly out: string; readonly checkpointSeconds: number }) => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.once(signal, () => stop.abort());
    // The process that started this one is gone: nobody would hear of the result.
    process.once('disconnect', () => stop.abort());
    // TensorFlow takes its number of threads when it is loaded, so before that: a run goes on with as many as it was begun with.
    const id = (await readJsonLines(plan, (value) => identified.parse(value).id))[index];
    if (id === undefined) throw new UserError(`${plan} has no job ${index}.`);
    const [first] = await sessions(path.join(out, id));
    const threads = first?.threads ?? process.env['TF_NUM_INTRAOP_THREADS'] ?? process.env['SLURM_CPUS_PER_TASK'];
    if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
    const { readPlan } = await import('../lib/runs/job');
    const { epochText, runJob } = await import('../lib/runs/runJob');
    const job = (await readPlan(plan))[index]!;
    try {
      const record = await runJob(job, {
        folder: out, signal: stop.signal, checkpointSeconds,
        onNotice: (text) => console.log(text),
        onEvent: (event) => {
          process.send?.(event);
          if (event.kind === 'epoch') console.log(`${job.row}, ${epochText(event)}`);
        },
      });
      console.log(`${record.row}, seed ${record.seed}: top-1 ${record.top1.toFixed(2)} %`);
    } catch (error) {
      if (error instanceof Busy) console.error(error.message);
      else if (!stop.signal.aborted) throw error;
      process.exitCode = resumeLater;
    } finally {
      if (process.connected) process.disconnect();
    }
  });

void run(command);
