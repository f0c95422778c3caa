import { comparisonText, effectText, type Finding } from '../../results/claims/findings';
import { commitText, type RunRecord } from '../../results/records/record';
import type { SimilarityRecord } from '../../results/records/similarityRecord';
import type { Cell, Table } from './table';

/** The findings on the paper's claims, one row each. */
export function claimTable(findings: readonly Finding[]): Table {
  return {
    columns: ['', 'the paper’s claim', 'our test', 'effect [95 % interval]', 'seeds', 'comparison', 'verdict'],
    caption: 'Effects are in points of top-1 accuracy unless a cell names another unit.',
    rows: findings.map((finding) => [
      finding.claim,
      finding.text,
      finding.test,
      effectText(finding),
      finding.seeds,
      comparisonText(finding),
      finding.verdict,
    ]),
  };
}

/** The records that each finding rests on. `folder` is the path from the page to the records. */
export function claimEvidenceTable(
  findings: readonly Finding[],
  runs: readonly RunRecord[],
  similarities: readonly SimilarityRecord[],
  folder: string,
): Table {
  const cellsById = new Map<string, readonly Cell[]>([
    ...runs.map((run) => [run.id, runCells(run, folder)] as const),
    ...similarities.map((one) => [one.id, similarityCells(one, folder)] as const),
  ]);
  return {
    columns: ['claim', 'record', 'row', 'seed', 'result', 'epochs', 'commit', 'command'],
    caption: 'Results are top-1 after the last epoch in per cent, or CKA at equal relative depth.',
    rows: findings.flatMap(({ claim, records }) =>
      records.flatMap((id) => {
        const cells = cellsById.get(id);
        return cells ? [[claim, ...cells]] : [];
      }),
    ),
  };
}

function runCells(run: RunRecord, folder: string): readonly Cell[] {
  return [
    { text: run.id, link: `${folder}/${run.experiment}.jsonl` },
    `${run.experiment}: ${run.row}`,
    run.seed,
    run.top1.toFixed(2),
    run.epochs,
    commitText(run),
    run.command,
  ];
}

function similarityCells(record: SimilarityRecord, folder: string): readonly Cell[] {
  const { id, a, b, seed, likeDepth, command } = record;
  return [
    { text: id, link: `${folder}/similarity/cka.jsonl` },
    `${a.network} and ${b.network}`,
    seed,
    likeDepth.toFixed(3),
    null,
    commitText(record),
    command,
  ];
}
