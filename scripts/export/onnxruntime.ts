import { inProject } from '../setup/project.mjs';
import { toolEnvironment } from '../setup/toolEnvironment.mjs';

/** Installs onnx and onnxruntime for Python on the first call. */
export async function installOnnxruntime(): Promise<void> {
  const folder = inProject('build', 'onnxruntime', 'venv');
  await toolEnvironment(folder, inProject('scripts', 'export', 'requirements.txt'));
}
