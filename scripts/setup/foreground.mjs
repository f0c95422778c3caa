import { spawn } from 'node:child_process';
import { root } from './project.mjs';

/**
 * Runs a program in place of this process: it uses the same terminal, receives the same signals,
 * and determines the exit code. Never returns. Prints `stopped` if Ctrl-C ended a program without handling it.
 */
export function runInForeground(program, args, env = process.env, stopped = undefined) {
  const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to the child as well. A second SIGINT would stop it immediately.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  child.on('error', (error) => {
    console.error(`${program} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    if (signal === 'SIGINT' && stopped !== undefined) console.error(stopped);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
