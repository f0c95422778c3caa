import { recipesAndRecordsHtml } from '../plots/tables/recipesAndRecords';
import type { Comparison } from '../results/tables/comparison';
import { jupyterKernel } from './jupyterKernel';

/** Shows the recipes and records behind a comparison table, folded. A script prints their number. */
export function recipesAndRecords(comparisons: readonly Comparison[], folder?: string): void {
  const tslab = jupyterKernel();
  if (!tslab) return void process.stdout.write(`${comparisons.length} cells with their recipes and records\n`);
  tslab.display.html(recipesAndRecordsHtml(comparisons, folder));
}
