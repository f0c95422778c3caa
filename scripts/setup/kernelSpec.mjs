import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { engineEnvironment } from './engineEnvironment.mjs';
import { inProject } from './project.mjs';

const folder = inProject('.venv', 'share', 'jupyter', 'kernels', 'tslab');
const path = join(folder, 'kernel.json');

/**
 * Setup step: the Jupyter kernel named tslab, with absolute paths of this Node and this project's tslab.
 * It starts in the project's root, because tslab resolves imports from the folder that it starts in.
 */
export const kernelSpec = {
  title: 'Jupyter kernel',
  isDone: () => existsSync(path) && readFileSync(path, 'utf8') === content(),
  perform: async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, content());
    return {};
  },
};

const content = () =>
  `${JSON.stringify(
    {
      argv: [process.execPath, inProject('scripts', 'kernel.mjs'), '{connection_file}'],
      display_name: 'TypeScript (tslab)',
      language: 'typescript',
      env: engineEnvironment({}),
    },
    null,
    2,
  )}\n`;
