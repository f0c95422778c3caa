import { sourcesOf } from './recipesAndRecords';
import { settingText } from './settingText';
import type { Table } from './table';

/** A recipe with one row for each setting, and where each is published. The keys of `sources` are paths of settings. */
export function recipeTable(recipe: object, sources: Readonly<Record<string, string>>): Table {
  return {
    columns: ['setting', 'value', 'source'],
    rows: Object.entries(recipe).map(([name, value]: [string, unknown]) => [
      name,
      settingText(value),
      sourcesOf(name, sources).join('; '),
    ]),
  };
}
