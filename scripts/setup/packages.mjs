import { existsSync, readFileSync } from 'node:fs';
import { runLogged } from './command.mjs';
import { inProject } from './project.mjs';

/** The Node packages of package-lock.json, without their install scripts: what those would build, we build ourselves. */
export const packages = {
  title: 'Node packages',
  isDone: () => installedEqualsLocked(),
  perform: async () => {
    await runLogged('npm', [
      'ci',
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
    ]);
    return {};
  },
};

/** Whether every locked package lies in node_modules at its version; npm leaves a list of what it installed there. */
function installedEqualsLocked() {
  const list = inProject('node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(
    ([path, { version, integrity, optional }]) =>
      path === '' ||
      (installed[path] === undefined
        ? optional === true
        : installed[path].version === version && installed[path].integrity === integrity),
  );
}
