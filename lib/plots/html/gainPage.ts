import { methodName } from '../../results/methodName';
import { verdict, type Cost, type Gain } from '../../results/gain';
import { tableHtml, type Table } from '../tables/table';
import { escapeHtml } from '../escape';
import { htmlPage } from './htmlPage';

/**
 * A self-contained page on what a student gained from a teacher. `curves` is a PNG of both learning curves, left out if
 * omitted.
 */
export function gainPage(gain: Gain, curves?: Uint8Array): string {
  const { distilled, student, teacher } = gain;
  const title = `${student.network} distilled from ${teacher.network}`;
  const recipe = escapeHtml(JSON.stringify(distilled.recipe, null, 2));
  return htmlPage(
    title,
    `<p class="answer">${escapeHtml(verdict(gain))}</p>
${tableHtml(accuracyTable(gain))}
${curves ? curvesHtml(curves) : ''}
<h2>Cost</h2>
${tableHtml(costTable(gain))}
<p>${escapeHtml(costText(gain))}</p>
<h2>How this was made</h2>
${tableHtml(provenanceTable(gain))}
<details><summary>The recipe</summary><pre>${recipe}</pre></details>`,
  );
}

function curvesHtml(curves: Uint8Array): string {
  const source = `data:image/png;base64,${Buffer.from(curves).toString('base64')}`;
  return `<img alt="Top-1 over the epochs of both runs" src="${source}">`;
}

function accuracyTable({ student, teacher, scratch, distilled, validationImages }: Gain): Table {
  const accuracies = ({ top1, top5, bestTop1 }: Gain['scratch']): string[] =>
    [top1, top5, bestTop1].map((value) => value.toFixed(2));
  return {
    columns: ['network', 'training', 'top-1 (%)', 'top-5 (%)', 'best epoch'],
    rows: [
      [student.network, 'from scratch', ...accuracies(scratch)],
      [student.network, `with ${methodName(distilled.method)} and the teacher`, ...accuracies(distilled)],
      [teacher.network, 'the teacher', teacher.top1.toFixed(2), null, null],
    ],
    caption:
      `Measured on ${validationImages} validation images, after the last epoch. ` +
      'The best epoch is too optimistic as a result, because it is chosen on the same images.',
  };
}

function costTable({ student, teacher, imageSize, distilled }: Gain): Table {
  const hasMultiplyAdds = student.multiplyAdds !== undefined;
  const cells = ({ network, parameters, multiplyAdds, latency }: Cost): Table['rows'][number] => [
    network,
    parameters.toLocaleString('en'),
    ...(hasMultiplyAdds ? [multiplyAdds?.toLocaleString('en') ?? null] : []),
    latency.toFixed(1),
  ];
  const { machine, threads } = distilled;
  const isResized = /"imageSize":/.test(JSON.stringify(distilled.recipe['teacher'] ?? null));
  const resizing = isResized ? ', which the teacher resizes to its own size' : '';
  return {
    columns: ['network', 'parameters', ...(hasMultiplyAdds ? ['multiply-adds per image'] : []), 'ms per image'],
    rows: [cells(student), cells(teacher)],
    caption:
      `One image of ${imageSize} × ${imageSize} pixels at a time${resizing}, median of twenty, ` +
      `on ${machine.processor} with ${threads} thread${threads === 1 ? '' : 's'}.`,
  };
}

function costText({ student, teacher, methodParameters, methodMultiplyAdds }: Gain): string {
  const percent = (a: number, b: number): string => `${((100 * a) / b).toFixed(0)} %`;
  const multiplyAdds =
    methodMultiplyAdds === undefined ? '' : ` and ${methodMultiplyAdds.toLocaleString('en')} multiply-adds per image`;
  return (
    `The student has ${percent(student.parameters, teacher.parameters)} of its teacher’s parameters and takes ` +
    `${percent(student.latency, teacher.latency)} of its time. During training the method adds ` +
    `${methodParameters.toLocaleString('en')} parameters${multiplyAdds}. The saved student contains none of them.`
  );
}

function provenanceTable(gain: Gain): Table {
  const { distilled, scratch, normalisation, teacher, classes, trainImages, validationImages } = gain;
  const unreadable = Math.max(...[distilled, scratch].map(({ history }) => history.at(-1)?.unreadable ?? 0));
  const { mean, std } = normalisation;
  const images = `${trainImages} for training, ${validationImages} for validation, ${classes} classes`;
  const commit = distilled.commit.slice(0, 12) + (distilled.dirty ? ', with local changes' : '');
  return {
    columns: ['', ''],
    rows: [
      ['images', `${distilled.dataset}: ${images}`],
      ['unreadable images', unreadable === 0 ? 'none' : `${unreadable}, listed in the logs of the run folders`],
      ['normalisation', `mean ${mean.join(', ')}, standard deviation ${std.join(', ')}, for both networks`],
      ['epochs, seed', `${distilled.epochs}, seed ${distilled.seed}, for both runs`],
      ['teacher’s weights', teacher.weights],
      ['student’s weights', 'student.safetensors next to this page, with timm’s names if timm has the network'],
      ['commit', commit],
      ['command', distilled.command],
    ],
  };
}
