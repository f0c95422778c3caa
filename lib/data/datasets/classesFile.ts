import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors';
import { fileError } from '../../io/fileError';
import { normalisedName } from './classNames';

/** The lines of `classes.txt`, or undefined if there is no such file. */
export async function readClassNames(folder: string): Promise<readonly string[] | undefined> {
  const file = path.join(folder, 'classes.txt');
  if (!existsSync(file)) return undefined;
  const text = await readFile(file, 'utf8').catch((error) => {
    throw fileError(error, 'read', file);
  });
  const names = text.split('\n').map((line) => normalisedName(line.trim()));
  while (names.at(-1) === '') names.pop();
  const empty = names.indexOf('');
  if (empty >= 0) {
    throw new UserError(
      `${file}: line ${empty + 1} is empty, so that the class of the next lines is uncertain. ` +
        `Remove it or name class ${empty}.`,
    );
  }
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new UserError(`${file} names the class ${repeated} twice. Each line must name a different class.`);
  }
  return names;
}

/** The names of the classes of training images, of which `minCount` occur. */
export function trainingClasses(
  folder: string,
  names: readonly string[] | undefined,
  minCount: number,
): readonly string[] {
  if (names === undefined) return Array.from({ length: minCount }, (_, label) => String(label));
  if (names.length >= minCount) return names;
  throw new UserError(
    `${path.join(folder, 'classes.txt')} names ${names.length} classes, but there are images of class ` +
      `${minCount - 1} (counted from 0). Add the missing names, one a line.`,
  );
}

/** Messages about names in `classes.txt` that would give a label another meaning than in the training images. */
export function renamedClasses(names: readonly string[] | undefined, known: readonly string[]): string[] {
  return (names ?? []).flatMap((name, label) =>
    known[label] === undefined || known[label] === name
      ? []
      : [`classes.txt names class ${label} ${name}, and it is ${known[label]} in the training images`],
  );
}
