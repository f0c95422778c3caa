import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { UserError } from '../../lib/errors';

/** One line of JSON of a program, and the most memory that it held, in MB. */
export interface Measured {
  readonly line: Readonly<Record<string, unknown>>;
  readonly peakMemory: number;
}

/** Runs a PyTorch program (ofa_step.py, cka_peers.py) with a given Python; the last line that it prints is its result. */
export function measure(command: string, args: readonly string[]): Measured {
  const result = spawnSync('/usr/bin/env', ['python3', '-c', meter, command, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const lines = result.stdout.trim().split('\n');
  const peak = Number(lines.pop());
  const line: unknown = lines.length > 0 ? parse(lines[lines.length - 1]!) : undefined;
  if (result.status !== 0 || typeof line !== 'object' || line === null) {
    throw new UserError(`${path.basename(command)} ${args.join(' ')} failed:\n${result.stderr.trim().split('\n').slice(-3).join('\n')}`);
  }
  return { line: Object.fromEntries(Object.entries(line)), peakMemory: peak };
}

/** Runs a command and prints its children's largest resident size afterwards. */
const meter = `
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
