import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/freePort';
import { temporaryFolder } from '../support/temporaryFolder';

/** Why Slurm cannot be started here; undefined if it can. */
export function slurmLacks(): string | undefined {
  for (const program of ['slurmctld', 'slurmd', 'munged', 'sbatch']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
      return `${program} is not installed (Debian: slurm-wlm, munge)`;
  }
  return process.getuid?.() === 0 ? undefined : 'Slurm can only be started by root';
}

/** Starts a Slurm cluster of this machine only: authentication, controller and node. It ends with the test. */
export async function startSlurm(
  context: TestContext,
  { maxArraySize }: { readonly maxArraySize: number },
): Promise<void> {
  const folder = await temporaryFolder(context);
  await chmod(folder, 0o755);
  const inside = (name: string): string => path.join(folder, name);
  const host = os.hostname().split('.')[0]!;
  const [port, nodePort] = [await freePort(), await freePort()];
  await writeFile(inside('munge.key'), randomBytes(128), { mode: 0o400 });
  await Promise.all(['state', 'spool'].map((name) => mkdir(inside(name))));
  await writeFile(
    inside('slurm.conf'),
    `
ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${port}
SlurmdPort=${nodePort}
SlurmUser=root
AuthType=auth/munge
# Requeued jobs wait until their credential has expired.
AuthInfo=socket=${inside('munge.socket')},cred_expire=5
StateSaveLocation=${inside('state')}
SlurmdSpoolDir=${inside('spool')}
SlurmctldPidFile=${inside('slurmctld.pid')}
SlurmdPidFile=${inside('slurmd.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
MaxArraySize=${maxArraySize}
KillWait=5
NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=4096 State=UNKNOWN
PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`,
  );
  process.env['SLURM_CONF'] = inside('slurm.conf');
  daemon(context, inside('munged.log'), 'munged', [
    '--foreground',
    '--force',
    `--key-file=${inside('munge.key')}`,
    `--socket=${inside('munge.socket')}`,
    `--pid-file=${inside('munged.pid')}`,
    `--seed-file=${inside('munged.seed')}`,
    `--log-file=${inside('munge.log')}`,
    '--num-threads=2',
  ]);
  daemon(context, inside('slurmctld.log'), 'slurmctld', ['-D', '-i']);
  daemon(context, inside('slurmd.log'), 'slurmd', ['-D']);
  for (let waited = 0; ; waited++) {
    const { stdout } = spawnSync('sinfo', ['--noheader', '--format=%T'], { encoding: 'utf8' });
    if (/idle/.test(stdout)) return;
    if (waited === 120) {
      const files = ['munged', 'slurmctld', 'slurmd'].map((name) => inside(`${name}.log`));
      throw new Error(`Slurm did not start: ${stdout}${await logs(files)}`);
    }
    await sleep(500);
  }
}

function daemon(context: TestContext, log: string, program: string, args: readonly string[]): void {
  const output = openSync(log, 'a');
  const child = spawn(program, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  context.after(() => child.kill('SIGKILL'));
}

async function logs(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => ''))))
    .map((text) => text.slice(-2000))
    .join('\n');
}
