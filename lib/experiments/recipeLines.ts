import type { Row } from './experiment';
import type { Sources } from './paper/paperRecipes';

/** Every setting of a row's recipe on a line, with its source if known: `learningRate  0.05  released config`. */
export function recipeLines({ recipe, sources = {} }: Row): string[] {
  const all = settings(recipe);
  const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
  const pathWidth = longest(all.map(([path]) => path));
  const valueWidth = longest(all.map(([, value]) => value));
  return all.map(([path, value]) =>
    `${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${sourceOf(path, sources) ?? ''}`.trimEnd(),
  );
}

/** The source of a setting, or else of the nearest object that contains it. */
function sourceOf(path: string, sources: Sources): string | undefined {
  const source = sources[path];
  if (source !== undefined || !path.includes('.')) return source;
  return sourceOf(path.slice(0, path.lastIndexOf('.')), sources);
}

/** The values of a nested object by their paths, such as `optimizer.name`. A list is one value. */
export function settings(value: unknown, path = ''): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [[path, typeof value === 'string' ? value : JSON.stringify(value)]];
  }
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .flatMap(([key, part]: [string, unknown]) => settings(part, path === '' ? key : `${path}.${key}`));
}
