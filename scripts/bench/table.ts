import { groupBy } from '../../lib/results/statistics/groupBy';
import type { Comparison } from './comparison';

const byHand = '<!-- From here on by hand. -->';

/** The comparisons as tables of the page docs/performance.md, a section for each machine, above what the page had by hand. */
export function performancePage(all: readonly Comparison[], before: string): string {
  return [
    '# Performance',
    '',
    'Ours and PyTorch in turn on an idle machine. PyTorch is the one of least processor time of float32 and bf16, NCHW and NHWC, and of the same by torch.compile, tried just before. ' +
      'Written by `npm run bench -- compare --python PATH --save`; the lines of JSON are in [performance.jsonl](performance.jsonl).',
    '',
    'A step is one training step with the OFA loss: teacher, student, four exit branches, backward, SGD. Speed in images a second, ours in the faster of its precisions with float32 beside it; ' +
      'the roofline is what our step reaches of the GFLOP/s of a plain matrix product in the same precision in the same minutes. CKA is that of all pairs of blocks; seconds, less is better.',
    '',
    ...places(all).flatMap(([place, own]) => section(place, own)),
    `${byHand}${before.split(byHand)[1] ?? '\n'}`,
  ].join('\n');
}

/** What a README shows of them: the steps on each machine. */
export function stepTable(all: readonly Comparison[]): string {
  return [
    '| processor | student, teacher, size, batch | images a second, ours | PyTorch | ratio | by processor time | memory, ours and PyTorch |',
    '|---|---|---|---|---|---|---|',
    ...places(all)
      .flatMap(([place, own]) =>
        own.filter(({ kind }) => kind === 'step').map((c) => [place.replace(/, \d+ cores, \d+ GB/, ''), c] as const),
      )
      .map(
        ([place, c]) =>
          `| ${place} | ${c.setting} | ${c.ours.toFixed(1)} (${c.precision ?? 'float32'}) | ${c.pytorch.toFixed(1)} | **${c.ratio.toFixed(2)}** | **${(c.pytorchProcessor! / c.processor!).toFixed(2)}** | ${c.memory.toFixed(0)} and ${c.pytorchMemory.toFixed(0)} MB |`,
      ),
  ].join('\n');
}

/** What was measured in one place: a machine, and where it was tried with several numbers of threads, one of these. */
function places(all: readonly Comparison[]): [place: string, own: readonly Comparison[]][] {
  return [...groupBy(all, ({ machine }) => machine)].flatMap(([machine, here]) => {
    const counts = [...groupBy(here, threadText)];
    return counts.map(([threads, own]): [string, readonly Comparison[]] => [
      counts.length > 1 ? `${machine}, ${threads}` : machine,
      own,
    ]);
  });
}

function threadText({ threads }: Comparison): string {
  return threads === undefined ? 'all threads' : `${threads} thread${threads === 1 ? '' : 's'} an op`;
}

function section(place: string, all: readonly Comparison[]): string[] {
  const [steps, maps] = (['step', 'cka'] as const).map((kind) => all.filter((each) => each.kind === kind)) as [
    Comparison[],
    Comparison[],
  ];
  const dates = [...new Set(all.map(({ date }) => date))].sort();
  const [least, most] = [Math.min, Math.max].map((choose) => choose(...all.map(({ repeats }) => repeats))) as [
    number,
    number,
  ];
  return [
    `## ${place}`,
    '',
    `${dates.length === 1 ? dates[0] : `${dates[0]} to ${dates[dates.length - 1]}`}; ${threadText(all[0]!)}; medians of ${least === most ? least : `${least} to ${most}`} runs of each side in turn.`,
    '',
    ...(steps.length === 0
      ? []
      : [
          "| student, teacher, size, batch | ours | in float32 | PyTorch | ratio | processor time of a step, ours and PyTorch | its ratio | memory, ours and PyTorch | roofline | PyTorch's way |",
          '|---|---|---|---|---|---|---|---|---|---|',
          ...steps.map(
            (c) =>
              `| ${c.setting} | ${c.ours.toFixed(1)} (${c.precision ?? 'float32'}) | ${(c.float32 ?? c.ours).toFixed(1)} | ${c.pytorch.toFixed(1)} | **${c.ratio.toFixed(2)}** | ${processor(c)} | ${c.memory.toFixed(0)} and ${c.pytorchMemory.toFixed(0)} MB | ${roofline(c)} | ${c.variant} |`,
          ),
          '',
        ]),
    ...(maps.length === 0
      ? []
      : [
          "| networks, size, batch, batches | CKA, ours | PyTorch | ratio | memory, ours and PyTorch | PyTorch's package |",
          '|---|---|---|---|---|---|',
          ...maps.map(
            (c) =>
              `| ${c.setting} | ${c.ours.toFixed(2)} | ${c.pytorch.toFixed(2)} | **${c.ratio.toFixed(2)}** | ${c.memory.toFixed(0)} and ${c.pytorchMemory.toFixed(0)} MB | ${c.variant} |`,
          ),
          '',
        ]),
  ];
}

function processor({ processor: a, pytorchProcessor: b }: Comparison): string {
  return a === undefined || b === undefined
    ? '– | –'
    : `${a.toFixed(0)} and ${b.toFixed(0)} ms | **${(b / a).toFixed(2)}**`;
}

function roofline({ gigaflops = 0, peakGigaflops = 0 }: Comparison): string {
  return `${gigaflops.toFixed(0)} of ${peakGigaflops.toFixed(0)} GFLOP/s (${((100 * gigaflops) / peakGigaflops).toFixed(0)} %)`;
}
