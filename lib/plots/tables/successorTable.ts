import type { publishedSuccessors } from '../../results/published';
import { publishedCell } from './comparisonTable';
import type { RichCell, Table } from './table';

/** Published results of OFA and of later methods, with links to their papers and code. */
export function successorTable({ studentMean, rows }: Awaited<ReturnType<typeof publishedSuccessors>>): Table {
  const gain = (value: number | null, source: string): RichCell | null =>
    value === null ? null : publishedCell({ value, status: 'seen', source });
  return {
    columns: ['method', 'year', 'venue', 'idea', 'code', 'CIFAR-100', 'CIFAR-100, top-1 (%)', 'ImageNet'],
    caption: 'Published mean gains over training from scratch, in points of top-1.',
    rows: rows.map(({ method, year, venue, paper, idea, code, cifar100_gain, imagenet_gain, source }) => [
      method,
      year,
      { text: venue, link: `https://arxiv.org/abs/${paper}` },
      idea,
      code === null ? null : { text: code, link: `https://github.com/${code}` },
      gain(cifar100_gain, source),
      cifar100_gain === null ? null : (cifar100_gain + studentMean).toFixed(2),
      gain(imagenet_gain, source),
    ]),
  };
}
