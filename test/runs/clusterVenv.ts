import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Why tests that download cluster software are skipped; undefined under `npm run test:cluster`. */
export const clusterLacks = process.env['OFA_CLUSTER'] === '1' ? undefined : 'run by npm run test:cluster';

const packages = ['ray[default]==2.52.1', 'kubernetes-validate==1.37.0'];

/** A program of the Python environment in build/cluster, which is created if missing. */
export function clusterProgram(name: string): string {
  const folder = path.resolve('build', 'cluster');
  const program = path.join(folder, 'bin', name);
  if (!existsSync(program)) {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(path.join(folder, 'bin', 'pip'), ['install', '--quiet', ...packages], { stdio: 'inherit' });
  }
  return program;
}
