import { existsSync, readFileSync } from 'node:fs';
import { runLogged } from './command.mjs';
import { inProject } from './project.mjs';

/** Setup step: the packages of package-lock.json, without install scripts. The setup builds the addon itself. */
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

/** Whether node_modules has the locked version of every package, by the list that npm writes there. */
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
