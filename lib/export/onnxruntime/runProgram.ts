import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../errors';

/** The environment with onnx and onnxruntime, which `npm run onnxruntime` installs. */
const environment = path.resolve('build', 'onnxruntime', 'venv');

/** Whether onnxruntime is installed. */
export function hasOnnxruntime(): boolean {
  return existsSync(path.join(environment, 'requirements'));
}

/**
 * Runs a Python program with onnxruntime and returns its output. Throws a UserError if it fails, or if onnxruntime is
 * not installed.
 */
export async function runProgram(program: string, args: readonly string[]): Promise<string> {
  if (!hasOnnxruntime()) throw new UserError('onnxruntime is not installed. Run: npm run onnxruntime');
  try {
    const { stdout } = await promisify(execFile)(path.join(environment, 'bin', 'python'), [program, ...args], {
      maxBuffer: 2 ** 30,
    });
    return stdout;
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new UserError(
      `onnxruntime failed in ${path.basename(program)}:\n${text.trim().split('\n').slice(-3).join('\n')}`,
    );
  }
}
