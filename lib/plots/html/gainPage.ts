import { verdict, type Gain } from '../../results/gain';
import { escapeHtml } from './escape';
import { tableHtml } from '../tables/table';

/** A page that says what a student has gained from a teacher, for readers who were not there. `curves`: a picture of both trainings. */
export function gainPage(gain: Gain, curves?: Uint8Array): string {
  const { distilled, scratch, student, teacher, methodParameters, methodMultiplyAdds } = gain;
  const leftOut = Math.max(...[distilled, scratch].map(({ history }) => history[history.length - 1]?.unreadable ?? 0));
  const title = `${student.network} taught by ${teacher.network}`;
  const text = (strings: TemplateStringsArray, ...values: readonly unknown[]): string =>
    strings.map((part, i) => part + (i < values.length ? escapeHtml(String(values[i])) : '')).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
<p class="answer">${escapeHtml(verdict(gain))}</p>
${tableHtml({
  columns: ['network', 'how it learnt', 'top-1 (%)', 'top-5 (%)', 'best epoch'],
  rows: [
    [
      student.network,
      'alone, from the labels',
      scratch.top1.toFixed(2),
      scratch.top5.toFixed(2),
      scratch.bestTop1.toFixed(2),
    ],
    [
      student.network,
      `with ${distilled.method}, from labels and teacher`,
      distilled.top1.toFixed(2),
      distilled.top5.toFixed(2),
      distilled.bestTop1.toFixed(2),
    ],
    [teacher.network, 'the teacher', teacher.top1.toFixed(2), null, null],
  ],
  caption: `On ${gain.validationImages} images for validation that neither training has seen. The result is the last epoch; the best one only stands beside it, since choosing it by these images flatters it.`,
})}
${curves ? `<img alt="Top-1 over the epochs of both trainings" src="data:image/png;base64,${Buffer.from(curves).toString('base64')}">` : ''}
<h2>What it costs</h2>
${tableHtml({
  columns: [
    'network',
    'parameters',
    ...(student.multiplyAdds === undefined ? [] : ['multiply-adds an image']),
    'milliseconds an image',
  ],
  rows: [student, teacher].map(({ network, parameters, multiplyAdds, latency }) => [
    network,
    parameters.toLocaleString('en'),
    ...(student.multiplyAdds === undefined ? [] : [multiplyAdds?.toLocaleString('en') ?? null]),
    latency.toFixed(1),
  ]),
  caption: `One image of ${gain.imageSize} × ${gain.imageSize} pixels at a time, the median of twenty, on ${distilled.machine.processor} with ${distilled.threads} threads.`,
})}
<p>${text`The student has ${((100 * student.parameters) / teacher.parameters).toFixed(0)} % of its teacher’s parameters and takes ${((100 * student.latency) / teacher.latency).toFixed(0)} % of its time. In training the method added ${methodParameters.toLocaleString('en')} parameters${methodMultiplyAdds === undefined ? '' : ` and ${methodMultiplyAdds.toLocaleString('en')} multiply-adds an image`}; the student that was saved has none of them, so it costs exactly what it costs alone.`}</p>
<h2>How it was made</h2>
${tableHtml({
  columns: ['', ''],
  rows: [
    [
      'images',
      `${distilled.dataset}: ${gain.trainImages} for training, ${gain.validationImages} for validation, ${gain.classes} classes`,
    ],
    ['epochs, seed', `${distilled.epochs}, seed ${distilled.seed}; the same for both`],
    [
      'images left out',
      leftOut === 0 ? 'none' : `${leftOut} that could not be read; the logs in the runs’ folders name them`,
    ],
    [
      'pixels',
      `normalised by mean ${gain.normalisation.mean.join(', ')} and deviation ${gain.normalisation.std.join(', ')}; the student wants the same`,
    ],
    ["teacher's weights", teacher.weights],
    ['student', "student.safetensors beside this page (timm's names where timm has the network)"],
    ['commit', `${distilled.commit.slice(0, 12)}${distilled.dirty ? ', with local changes' : ''}`],
    ['again', distilled.command],
  ],
})}
<details><summary>The recipe</summary><pre>${escapeHtml(JSON.stringify(distilled.recipe, null, 2))}</pre></details>
</body></html>
`;
}

const style =
  'body{font:16px/1.5 Helvetica,Arial,"DejaVu Sans",sans-serif;color:#222;max-width:52rem;margin:2rem auto;padding:0 1rem}' +
  'table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;border-bottom:1px solid #ddd;vertical-align:top}caption{caption-side:bottom;color:#555;font-size:.9rem;padding-top:.4rem}' +
  'img{max-width:100%}.answer{font-size:1.15rem}pre{overflow-x:auto;background:#f5f5f5;padding:1rem}';
