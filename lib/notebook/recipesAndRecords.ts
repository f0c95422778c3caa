import { recipesAndRecordsHtml } from '../plots/tables/recipesAndRecords';
import type { Comparison } from '../results/tables/comparison';
import { kernel } from './kernel';

/** Shows, folded, the recipes and records that the cells of comparisons lead to; in a script, how many there are. */
export function recipesAndRecords(comparisons: readonly Comparison[], folder?: string): void {
  const tslab = kernel();
  if (!tslab) return void process.stdout.write(`${comparisons.length} cells with their recipes and records\n`);
  tslab.display.html(recipesAndRecordsHtml(comparisons, folder));
}
