import { groupBy } from '../../lib/results/statistics/groupBy';
import type { Comparison } from './comparison';

/** The comparisons measured in one place: on one machine, with one number of threads. */
interface Place {
  readonly name: string;
  readonly comparisons: readonly Comparison[];
}

/** The generated blocks of docs/performance.md: a summary of the training steps, and the details of each machine. */
export function performanceBlocks(all: readonly Comparison[]): Record<'steps' | 'comparisons', string> {
  return { steps: stepSummary(all), comparisons: placesOf(all).flatMap(placeSection).join('\n') };
}

/** A Markdown table of the training steps on every machine. */
export function stepSummary(all: readonly Comparison[]): string {
  const rows = placesOf(all).flatMap(({ name, comparisons }) => {
    const processor = name.replace(/, \d+ cores, \d+ GB/, '');
    return steps(comparisons).map((step) => [
      processor,
      stepName(step),
      ourSpeed(step),
      step.pytorch.toFixed(1),
      `**${step.ratio.toFixed(2)}**`,
      processorRatio(step),
      memory(step),
    ]);
  });
  const header = ['processor', 'step', 'ours, images/s', 'PyTorch, images/s', 'ratio', 'ratio by CPU time'];
  return table([...header, 'memory, ours / PyTorch'], rows).join('\n');
}

/** Groups comparisons by machine, and by number of threads if a machine was measured with several. */
function placesOf(all: readonly Comparison[]): Place[] {
  return [...groupBy(all, ({ machine }) => machine)].flatMap(([machine, onMachine]) => {
    const byThreads = [...groupBy(onMachine, threadText)];
    return byThreads.map(([threads, comparisons]) => ({
      name: byThreads.length > 1 ? `${machine}, ${threads}` : machine,
      comparisons,
    }));
  });
}

function placeSection({ name, comparisons }: Place): string[] {
  const dates = comparisons.map(({ date }) => date);
  const repeats = comparisons.map((comparison) => comparison.repeats);
  const conditions = [
    range(dates.sort()),
    threadText(comparisons[0]!),
    `medians of ${range(repeats.sort((a, b) => a - b))} runs of each side, alternating`,
  ];
  const maps = comparisons.filter(({ kind }) => kind === 'cka');
  return [
    `### ${name}`,
    '',
    `${conditions.join('; ')}.`,
    '',
    ...stepTable(steps(comparisons)),
    ...(maps.length === 0 ? [] : ckaTable(maps)),
  ];
}

function stepTable(all: readonly Comparison[]): string[] {
  if (all.length === 0) return [];
  const header = [
    'step',
    'ours, images/s',
    'in float32, ours / PyTorch',
    'ratio in float32',
    'PyTorch, images/s',
    'ratio',
    'CPU time of a step, ours / PyTorch',
    'ratio by CPU time',
    'memory, ours / PyTorch',
    'ours, of the peak',
    'PyTorch flags',
  ];
  const rows = all.map((step) => [
    stepName(step),
    ourSpeed(step),
    float32Speeds(step),
    float32Ratio(step),
    step.pytorch.toFixed(1),
    `**${step.ratio.toFixed(2)}**`,
    processorTimes(step),
    processorRatio(step),
    memory(step),
    shareOfPeak(step),
    step.variant,
  ]);
  return [...table(header, rows), ''];
}

function ckaTable(all: readonly Comparison[]): string[] {
  const header = [
    'CKA heatmap',
    'ours, seconds',
    'PyTorch, seconds',
    'ratio',
    'memory, ours / PyTorch',
    'PyTorch package',
  ];
  const rows = all.map((map) => [
    ckaName(map),
    map.ours.toFixed(2),
    map.pytorch.toFixed(2),
    `**${map.ratio.toFixed(2)}**`,
    memory(map),
    map.variant,
  ]);
  return [...table(header, rows), ''];
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function steps(all: readonly Comparison[]): Comparison[] {
  return all.filter(({ kind }) => kind === 'step');
}

/** A step's setting, as `vit_128 → resnet_16, 32 px, batch 128`. */
function stepName({ setting }: Comparison): string {
  const [student, teacher, size, batch] = setting.split(' ');
  return `${teacher} → ${student}, ${size} px, batch ${batch}`;
}

function ckaName({ setting }: Comparison): string {
  const [a, b, size, batch, batches] = setting.split(' ');
  return `${a} and ${b}, ${size} px, ${batches} batches of ${batch}`;
}

function ourSpeed({ ours, precision = 'float32' }: Comparison): string {
  return `${ours.toFixed(1)} (${precision})`;
}

function float32Speeds({ float32, pytorchFloat32 }: Comparison): string {
  return [float32, pytorchFloat32].map((speed) => speed?.toFixed(1) ?? '–').join(' / ');
}

function float32Ratio({ float32, pytorchFloat32 }: Comparison): string {
  return float32 === undefined || pytorchFloat32 === undefined ? '–' : `**${(float32 / pytorchFloat32).toFixed(2)}**`;
}

function threadText({ threads }: Comparison): string {
  return threads === undefined ? 'all threads' : `${threads} thread${threads === 1 ? '' : 's'} per op`;
}

function processorTimes({ processor, pytorchProcessor }: Comparison): string {
  if (processor === undefined || pytorchProcessor === undefined) return '–';
  return `${processor.toFixed(0)} / ${pytorchProcessor.toFixed(0)} ms`;
}

function processorRatio({ processor, pytorchProcessor }: Comparison): string {
  if (processor === undefined || pytorchProcessor === undefined) return '–';
  return `**${(pytorchProcessor / processor).toFixed(2)}**`;
}

function memory({ memory: ours, pytorchMemory }: Comparison): string {
  return `${ours.toFixed(0)} / ${pytorchMemory.toFixed(0)} MB`;
}

function shareOfPeak({ gigaflops = 0, peakGigaflops = 0 }: Comparison): string {
  const percent = ((100 * gigaflops) / peakGigaflops).toFixed(0);
  return `${gigaflops.toFixed(0)} of ${peakGigaflops.toFixed(0)} GFLOP/s (${percent} %)`;
}

/** `first to last` of sorted values, or the one value if all are equal. */
function range(sorted: readonly (string | number)[]): string {
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  return first === last ? `${first}` : `${first} to ${last}`;
}
