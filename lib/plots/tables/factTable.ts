import type { PublishedFact } from '../../results/published';
import { statusTexts } from './comparisonTable';
import type { Table } from './table';

/** Published facts with how well each is verified, and its source. */
export function factTable(facts: readonly PublishedFact[]): Table {
  return {
    columns: ['item', 'published', 'how verified', 'source'],
    rows: facts.map(({ item, fact, status, source }) => [item, fact, statusTexts[status], source]),
  };
}
