import type { Row } from './experiment';
import type { Sources } from './paperRecipes';

/** Every setting of a row's recipe by its place, and where it stands if that is known: `learningRate  0.05  released config`. */
export function recipeLines({ recipe, sources = {} }: Row): string[] {
  const all = settings(recipe);
  const [places, values] = [all.map(([place]) => place), all.map(([, value]) => value)].map((texts) =>
    Math.max(...texts.map(({ length }) => length)),
  ) as [number, number];
  return all.map(([place, value]) =>
    `${place.padEnd(places)}  ${value.padEnd(values)}  ${sourceOf(place, sources) ?? ''}`.trimEnd(),
  );
}

/** The source of a place, or that of what it lies beneath. */
function sourceOf(place: string, sources: Sources): string | undefined {
  return (
    sources[place] ?? (place.includes('.') ? sourceOf(place.slice(0, place.lastIndexOf('.')), sources) : undefined)
  );
}

/** The values of a nested object by their places, as `optimizer.name`; a list is one value. */
export function settings(value: unknown, place = ''): [place: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [[place, typeof value === 'string' ? value : JSON.stringify(value)]];
  return Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .flatMap(([key, part]: [string, unknown]) => settings(part, place === '' ? key : `${place}.${key}`));
}
