import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UserError } from '../../lib/errors';
import { bars } from '../../lib/plots/charts/bars';
import { field } from '../../lib/plots/charts/field';
import type { Figure } from '../../lib/plots/charts/figure';
import { betweenModels, heatmap, type Similarity } from '../../lib/plots/charts/heatmap';
import { forest } from '../../lib/plots/charts/forest';
import { heatmapGrid } from '../../lib/plots/charts/heatmapGrid';
import { learningCurves } from '../../lib/plots/charts/learningCurves';
import { lines } from '../../lib/plots/charts/lines';
import { emptyCell } from '../../lib/plots/charts/style';
import { sampleEpoch, sampleRecord } from '../results/support';

const similarity = (
  rows: number,
  columns: number,
  value: (i: number, j: number) => number | null = () => 0.5,
): Similarity => ({
  rows: { model: 'ViT', layers: Array.from({ length: rows }, (_, i) => `block${i}`) },
  columns: { model: 'CNN', layers: Array.from({ length: columns }, (_, j) => `stage${j}`) },
  values: Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => value(i, j))),
});

test('a heatmap always has the colour scale from 0 to 1, dark to bright', () => {
  for (const value of [0.2, 0.9, -0.05, 1.02]) {
    const { coloraxis } = heatmap(similarity(3, 2, () => value)).layout;
    assert.deepEqual([coloraxis?.cmin, coloraxis?.cmax], [0, 1]);
    const lightness = coloraxis!.colorscale.map(([, color]) => luminance(color));
    assert.deepEqual(
      lightness,
      [...lightness].sort((a, b) => a - b),
    );
  }
});

test('undefined cells are null, in a colour that is not on the scale; defined cells keep their value', () => {
  const figure = heatmap(similarity(2, 2, (i, j) => (i === j ? [1, NaN][i]! : i === 0 ? null : 0.123456789)));
  const [trace] = figure.data;
  assert.ok(trace?.type === 'heatmap');
  assert.deepEqual(trace.z, [
    [1, null],
    [0.123456789, null],
  ]);
  assert.equal(trace.hoverongaps, false);
  assert.equal(figure.layout.plot_bgcolor, emptyCell);
  assert.ok(figure.layout.coloraxis!.colorscale.every(([, color]) => color !== emptyCell));
});

test('the first layers are at the lower left, with rows on the vertical axis', () => {
  const [trace] = heatmap(similarity(3, 2, (i, j) => i / 4 + j / 8)).data;
  assert.ok(trace?.type === 'heatmap');
  assert.deepEqual(
    [trace.x, trace.y],
    [
      ['stage0', 'stage1'],
      ['block0', 'block1', 'block2'],
    ],
  );
  assert.deepEqual(trace.z[2], [0.5, 0.625]);
});

test('betweenModels adds the names of the models', () => {
  const { rows, columns, values } = similarity(3, 2);
  assert.deepEqual(
    betweenModels('ViT', 'CNN', { rows: rows.layers, columns: columns.layers, values }),
    similarity(3, 2),
  );
});

test('rejects similarities that do not match the layers, duplicate layers, and empty grids', () => {
  assert.throws(() => heatmap({ ...similarity(3, 2), values: [[1, 1]] }), /3 rows of 2 values.*1 rows of 2/s);
  const { rows, ...rest } = similarity(2, 2);
  assert.throws(() => heatmap({ ...rest, rows: { ...rows, layers: ['block0', 'block0'] } }), /"block0" occurs twice/);
  assert.throws(() => heatmapGrid([]), UserError);
});

test('panels of a grid do not overlap and stay inside the figure', () => {
  const figure = heatmapGrid(
    Array.from({ length: 6 }, (_, k) => similarity(4 + k, 12)),
    { title: 'CKA' },
  );
  const boxes = figure.data.map((trace) => {
    assert.ok(trace.type === 'heatmap');
    const x = figure.layout[`xaxis${trace.xaxis!.slice(1)}`]!.domain!;
    const y = figure.layout[`yaxis${trace.yaxis!.slice(1)}`]!.domain!;
    assert.ok(x[0] >= 0 && x[1] <= 1 && y[0] >= 0 && y[1] <= 1 && x[0] < x[1] && y[0] < y[1]);
    return { x, y };
  });
  boxes.forEach((a, i) =>
    boxes
      .slice(i + 1)
      .forEach((b) => assert.ok(a.x[1] < b.x[0] || b.x[1] < a.x[0] || a.y[1] < b.y[0] || b.y[1] < a.y[0])),
  );
  assert.ok(boxes[0]!.y[0] > boxes[3]!.y[1], 'filled from the top');
});

test('headings with long names take two lines, short ones one', () => {
  const named = (rows: string, columns: string): Similarity => ({
    ...similarity(3, 3),
    rows: { ...similarity(3, 3).rows, model: rows },
    columns: { ...similarity(3, 3).columns, model: columns },
  });
  const headings = (...panels: Similarity[]): string[] =>
    heatmapGrid(panels).layout.annotations!.map(({ text }) => text);
  assert.deepEqual(headings(named('resnet_24', 'vit_96')), ['resnet_24 and vit_96']);
  assert.deepEqual(
    headings(named('mobilenetv2_100 (untrained)', 'vit_small_patch16_224 (untrained)'), named('a', '<b>')),
    ['mobilenetv2_100 (untrained)<br>and vit_small_patch16_224 (untrained)', 'a<br>and &lt;b&gt;'],
  );
});

test('a band runs from y − yError to y + yError and skips points that lack either', () => {
  const figure = lines([{ name: 'OFA', x: [1, 2, 3], y: [10, null, 30], yError: [1, 2, 3] }], {
    title: '',
    x: 'epoch',
    y: 'top-1',
  });
  const [band, stroke] = figure.data;
  assert.ok(band?.type === 'scatter' && 'line' in band && stroke?.type === 'scatter' && 'line' in stroke);
  assert.deepEqual(
    [band.x, band.y],
    [
      [1, 3, 3, 1],
      [11, 33, 27, 9],
    ],
  );
  assert.deepEqual(stroke.y, [10, null, 30]);
  assert.equal(band.legendgroup, stroke.legendgroup);
});

test('converts ranges of logarithmic axes to exponents', () => {
  const figure = lines([{ name: 'a', x: [1, 100], y: [1, 2] }], {
    title: '',
    x: 'x',
    y: 'y',
    xRange: [1, 100],
    logX: true,
  });
  assert.deepEqual(figure.layout.xaxis!.range, [0, 2]);
});

test('lines with markers have error bars instead of a band', () => {
  const {
    data: [stroke, ...others],
  } = lines([{ name: 'OFA', x: [1, 2, 3], y: [10, 20, 30], yError: [null, 2, null], markers: true }], {
    title: '',
    x: 'ε',
    y: 'top-1',
  });
  assert.ok(stroke?.type === 'scatter' && 'error_y' in stroke);
  assert.deepEqual([stroke.error_y?.array, others], [[0, 2, 0], []]);
});

test('learning curves draw the mean over seeds with a band, and a single seed without one', () => {
  const runs = [0, 1].map((seed) =>
    sampleRecord({ id: `ofa${seed}`, seed, history: [sampleEpoch(1, 10 + seed), sampleEpoch(2, 20 + seed)] }),
  );
  const figure = learningCurves([...runs, sampleRecord({ id: 'kd', method: 'kd' })]);
  assert.deepEqual(
    figure.data.map((trace) => [trace.name, 'fill' in trace]),
    [
      ['ofa (2 seeds)', true],
      ['ofa (2 seeds)', false],
      ['kd (1 seed)', false],
    ],
  );
  const [, mean] = figure.data;
  assert.ok(mean?.type === 'scatter');
  assert.deepEqual(mean.y, [10.5, 20.5]);
});

test('every chart rejects lists of unequal lengths', () => {
  assert.throws(
    () => lines([{ name: 'a', x: [1], y: [1, 2] }], { title: '', x: '', y: '' }),
    /"a" has 1 x values for 2 y values/,
  );
  assert.throws(
    () => bars(['KD', 'OFA'], [{ name: 'a', values: [1] }], { title: '', y: '' }),
    /1 values for 2 categories/,
  );
  assert.throws(
    () => field({ x: [0, 1], y: [1], z: [[1]] }, { title: '', x: '', y: '', z: 'loss' }),
    /1 rows of 1 values.*1 rows of 2 values/,
  );
  assert.throws(
    () => field({ x: [0], y: [1], z: [[null]] }, { title: '', x: '', y: '', z: 'loss' }),
    /no defined value/,
  );
});

test('figures survive JSON unchanged: no NaN, infinity or undefined', () => {
  const figures: readonly Figure[] = [
    heatmap(similarity(2, 2, () => NaN)),
    heatmapGrid([similarity(2, 2)]),
    lines([{ name: 'a', x: [1], y: [null], yError: [null] }], { title: 't', x: 'x', y: 'y' }),
    bars(['a'], [{ name: 'b', values: [null], yError: [null] }], { title: 't', y: 'y' }),
    field({ x: [0, 1], y: [1], z: [[Infinity, 2]] }, { title: 't', x: 'x', y: 'y', z: 'z' }),
  ];
  for (const figure of figures) assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
});

/** Relative luminance by the sRGB weights. */
function luminance(color: string): number {
  return [1, 3, 5]
    .map((start) => (parseInt(color.slice(start, start + 2), 16) / 255) ** 2.2)
    .reduce((sum, part, k) => sum + part * [0.2126, 0.7152, 0.0722][k]!, 0);
}

test('a forest plot draws effects from the top with asymmetric intervals', () => {
  const figure = forest(
    [
      {
        name: 'OFA',
        effects: [
          { label: 'a < b', value: 2, low: 1, high: 4 },
          { label: 'c', value: null },
        ],
      },
      { name: 'KD', effects: [{ label: 'c', value: -1, hollow: true }] },
    ],
    { title: '', x: 'points' },
  );
  const [ofa, kd] = figure.data;
  assert.ok(ofa?.type === 'scatter' && 'text' in ofa && kd?.type === 'scatter' && 'text' in kd);
  assert.deepEqual(
    [ofa.x, ofa.y, ofa.error_x?.array, ofa.error_x?.arrayminus],
    [
      [2, null],
      ['a &lt; b', 'c'],
      [2, 0],
      [1, 0],
    ],
  );
  assert.equal(ofa.text[0], '2.00 [1.00, 4.00]');
  assert.deepEqual([kd.error_x, kd.marker.symbol], [undefined, ['diamond-open']]);
  assert.deepEqual(
    [figure.layout.yaxis!.categoryarray, figure.layout.yaxis!.autorange],
    [['a &lt; b', 'c'], 'reversed'],
  );
});

test('long labels of a forest plot are broken between words and keep every character', () => {
  const text = 'Networks of the same family have similar features; networks of different families do not.';
  const { data, layout } = forest([{ name: 'effect', effects: [{ label: text, value: 1 }] }], {
    title: '',
    x: 'points',
  });
  const [points] = data;
  assert.ok(points && 'text' in points && points.type === 'scatter');
  const [label] = points.y;
  assert.equal(String(label).replaceAll('<br>', ' '), text);
  assert.ok(
    String(label)
      .split('<br>')
      .every((line) => line.length <= 44),
  );
  const short = forest([{ name: 'effect', effects: [{ label: 'a', value: 1 }] }], { title: '', x: 'points' });
  assert.ok(layout.height > short.layout.height);
});

test('a line chart without any point states why, and whole numbers have whole ticks', () => {
  const options = { title: '', x: 'epoch', y: 'top-1 (%)', empty: 'No trial has finished yet.' };
  const texts = (series: Parameters<typeof lines>[0]) =>
    lines(series, options).layout.annotations?.map(({ text }) => text);
  assert.deepEqual(texts([]), ['No trial has finished yet.']);
  assert.deepEqual(texts([{ name: 'a', x: [1], y: [null] }]), ['No trial has finished yet.']);
  assert.equal(texts([{ name: 'a', x: [1], y: [0] }]), undefined);
  const tick = (x: readonly number[]) => lines([{ name: 'a', x, y: x }], options).layout.xaxis?.dtick;
  assert.deepEqual([tick([1, 2, 4]), tick([1, 1.2]), tick([0, 300])], [1, undefined, undefined]);
});
