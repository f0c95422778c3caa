import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../lib/errors';
import { inProject } from '../setup/project.mjs';
import { toolEnvironment } from '../setup/toolEnvironment.mjs';

/** Runs one of the Python programs of this folder with onnxruntime and returns its output. */
export async function runWithOnnxruntime(program: string, args: readonly string[]): Promise<string> {
  const python = await onnxruntimePython();
  try {
    const { stdout } = await promisify(execFile)(python, [path.resolve('scripts', 'export', program), ...args], {
      maxBuffer: 2 ** 30,
    });
    return stdout;
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new UserError(`onnxruntime failed in ${program}:\n${text.trim().split('\n').slice(-3).join('\n')}`);
  }
}

/** The Python with onnx and onnxruntime; installed on the first call. */
export async function onnxruntimePython(): Promise<string> {
  const folder = inProject('build', 'onnxruntime', 'venv');
  return path.join(await toolEnvironment(folder, inProject('scripts', 'export', 'requirements.txt')), 'python');
}
