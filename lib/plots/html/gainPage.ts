import { methodName } from '../../results/methodName';
import { verdict, type Cost, type Gain } from '../../results/gain';
import { tableHtml, type Table } from '../tables/table';
import { escapeHtml } from '../escape';

/**
 * A self-contained page on what a student gained from a teacher. `curves` is a PNG of both learning curves, left out if
 * omitted.
 */
export function gainPage(gain: Gain, curves?: Uint8Array): string {
  const { distilled, student, teacher } = gain;
  const title = escapeHtml(`${student.network} distilled from ${teacher.network}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}</style></head><body>
<h1>${title}</h1>
<p class="answer">${escapeHtml(verdict(gain))}</p>
${tableHtml(accuracyTable(gain))}
${curves ? curvesHtml(curves) : ''}
<h2>Cost</h2>
${tableHtml(costTable(gain))}
<p>${escapeHtml(costText(gain))}</p>
<h2>How this was made</h2>
${tableHtml(provenanceTable(gain))}
<details><summary>The recipe</summary><pre>${escapeHtml(JSON.stringify(distilled.recipe, null, 2))}</pre></details>
</body></html>
`;
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
  return {
    columns: ['network', 'parameters', ...(hasMultiplyAdds ? ['multiply-adds per image'] : []), 'ms per image'],
    rows: [cells(student), cells(teacher)],
    caption:
      `One image of ${imageSize} × ${imageSize} pixels at a time, median of twenty, on ${machine.processor} ` +
      `with ${threads} thread${threads === 1 ? '' : 's'}.`,
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

const style = `
body { font: 16px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; color: #222; }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; vertical-align: top; }
caption { caption-side: bottom; color: #555; font-size: .9rem; padding-top: .4rem; }
img { max-width: 100%; }
.answer { font-size: 1.15rem; }
pre { overflow-x: auto; background: #f5f5f5; padding: 1rem; }
`;
