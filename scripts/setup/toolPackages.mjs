import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runLogged } from './command.mjs';
import { installOnce, isInstalled } from './installOnce.mjs';

const filesOf = (source) => ['package.json', 'package-lock.json'].map((name) => path.join(source, name));

/**
 * Installs the Node packages that package-lock.json in the folder `source` locks, without install scripts, in another
 * folder. A call after a change of the lock file installs them again.
 */
export async function toolPackages(folder, source, print = (line) => console.error(line)) {
  const files = filesOf(source);
  await installOnce(
    folder,
    files,
    async () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const file of files) copyFileSync(file, path.join(folder, path.basename(file)));
      await runLogged('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
    },
    print,
  );
}

/** Whether the folder has these packages. */
export function hasToolPackages(folder, source) {
  return isInstalled(folder, filesOf(source));
}
