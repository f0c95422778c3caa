import type { RunRecord } from '../results/record';
import { formatSummary, summary, type Summary } from '../results/summary';
import type { Cell, Table } from './table';

/** A number of the paper and how far it is verified. */
export interface Published {
  readonly value: number;
  readonly status: 'seen' | 'checked' | 'recalled';
  readonly source?: string;
}

/** One line of a comparison with the paper. */
export interface Comparison {
  readonly label: string;
  /** Null where the paper has no such number. */
  readonly published: Published | null;
  readonly ours: Ours | null;
  readonly paperScale: { readonly command: string; readonly cost: string } | null;
}

/** What we measured, and how. */
export interface Ours {
  readonly summary: Summary;
  readonly profile: string;
  readonly epochs: number;
  readonly commit: string;
  /** The line that makes it again. */
  readonly command: string;
  /** The record that proves it. */
  readonly link?: string;
}

/** Runs of one recipe, a seed each, as the table shows them; null where there is none. The link leads from a notebook to the records. */
export function measured(runs: readonly RunRecord[]): Ours | null {
  const [first] = runs;
  if (!first) return null;
  const { profile, epochs, command, experiment } = first;
  const commit = [...new Set(runs.map((run) => run.commit.slice(0, 7)))].join(' ');
  return { summary: summary(runs.map(({ top1 }) => top1)), profile, epochs, commit, command, link: `../data/results/${experiment}.jsonl` };
}

/** The three columns of a comparison: the paper's number, ours with its conditions, and how to run it at the paper's scale. */
export function comparisonTable(comparisons: readonly Comparison[], caption?: string): Table {
  return {
    ...(caption !== undefined && { caption }),
    columns: ['', 'published', 'ours', 'at the paper’s scale'],
    rows: comparisons.map(({ label, published, ours, paperScale }) => [
      label, published && publishedCell(published), ours && oursCell(ours), paperScale && { text: paperScale.command, note: paperScale.cost },
    ]),
  };
}

const meanings: Readonly<Record<Published['status'], string>> = {
  seen: 'read in a public source', checked: 'from memory, agrees with a published mean', recalled: 'from memory only, not verified',
};

function publishedCell({ value, status, source }: Published): Cell {
  return { text: value.toFixed(2), note: source === undefined ? meanings[status] : `${meanings[status]}: ${source}`, unverified: status === 'recalled' };
}

function oursCell({ summary, profile, epochs, commit, command, link }: Ours): Cell {
  return {
    text: `${formatSummary(summary)}, ${profile}, ${epochs} epochs, ${commit}`, note: command, ...(link !== undefined && { link }),
  };
}
