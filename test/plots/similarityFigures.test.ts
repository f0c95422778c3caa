import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UserError } from '../../lib/errors';
import { bestMatches } from '../../lib/plots/charts/bestMatches';
import { calibratedHeatmap, type CalibratedSimilarity } from '../../lib/plots/charts/calibratedHeatmap';
import { depthLines } from '../../lib/plots/charts/depthLines';
import { differenceHeatmap } from '../../lib/plots/charts/differenceHeatmap';
import type { Similarity } from '../../lib/plots/charts/heatmap';

const cell = (observed: number, p: number) => ({
  observed,
  threshold: 0.2,
  score: Math.max(0, observed - 0.2) / 0.8,
  p,
});

const calibrated: CalibratedSimilarity = {
  rows: { model: 'ViT', layers: ['block0', 'block1'] },
  columns: { model: 'C<N', layers: ['stage0', 'stage1', 'stage2'] },
  values: [
    [cell(0.9, 0.005), cell(0.1, 0.4), null],
    [cell(0.15, 0.06), cell(0.18, 0.3), cell(0.1, 0.9)],
  ],
};

test('a calibrated heatmap marks the cells that chance explains, and no others', () => {
  const [heatmap, marks] = calibratedHeatmap(calibrated).data;
  assert.ok(heatmap?.type === 'heatmap' && marks && 'hovertext' in marks);
  assert.deepEqual(
    marks.x.map((column, i) => [marks.y[i], column]),
    [
      ['block0', 'stage1'],
      ['block1', 'stage0'],
      ['block1', 'stage1'],
      ['block1', 'stage2'],
    ],
  );
  assert.deepEqual(heatmap.z[0], [0.9, 0.1, null]);
  const strict = calibratedHeatmap(calibrated, { alpha: 0.001 }).data[1];
  assert.ok(strict && 'hovertext' in strict);
  assert.equal(strict.x.length, 5);
});

test('its buttons switch between raw values and calibrated scores, and hovering shows value, threshold and p', () => {
  const { data, layout } = calibratedHeatmap(calibrated, { measure: 'kNN' });
  const [raw, score] = layout.updatemenus![0]!.buttons;
  assert.ok(data[0]?.type === 'heatmap');
  assert.deepEqual(raw!.args, [{ z: [data[0].z] }, [0]]);
  assert.deepEqual(score!.args[0], { z: [calibrated.values.map((row) => row.map((one) => one && one.score))] });
  assert.equal(data[0].text![0]![0], 'kNN 0.9000<br>threshold 0.2000<br>calibrated 0.8750<br>p = 0.0050');
  assert.match(data[0].hovertemplate, /ViT %\{y\}<br>C&lt;N %\{x\}<br>%\{text\}/);
});

test('the best match of each layer is hollow where chance explains it', () => {
  const [above, below] = bestMatches(calibrated).data;
  assert.ok(above && 'hovertext' in above && below && 'hovertext' in below);
  assert.deepEqual([above.x, above.y], [['block0'], ['stage0']]);
  assert.deepEqual([below.x, below.y, below.marker.symbol], [['block1'], ['stage1'], 'circle-open']);
  const none = bestMatches({ ...calibrated, values: [[null, null, null], calibrated.values[1]!] });
  assert.deepEqual(
    none.data.map((trace) => trace.x.length),
    [0, 1],
  );
});

const similarity = (values: Similarity['values'], layers = ['a', 'b']): Similarity => ({
  rows: { model: 'student', layers },
  columns: { model: 'teacher', layers: ['c'] },
  values,
});

test('a difference is after minus before, on a scale that is symmetric about 0', () => {
  const names = ['scratch', 'OFA'] as const;
  const figure = differenceHeatmap(similarity([[0.5], [0.3]]), similarity([[0.75], [null]]), { names });
  const [trace] = figure.data;
  assert.ok(trace?.type === 'heatmap');
  assert.deepEqual(trace.z, [[0.25], [null]]);
  assert.deepEqual([figure.layout.coloraxis!.cmin, figure.layout.coloraxis!.cmax], [-0.25, 0.25]);
  assert.equal(trace.text![0]![0], 'scratch 0.5000<br>OFA 0.7500<br>difference 0.2500');
  const equal = differenceHeatmap(similarity([[0.5], [0.3]]), similarity([[0.5], [0.3]]), { names });
  assert.equal(equal.layout.coloraxis!.cmax, 1);
  const other = similarity([[0.5], [0.3]], ['a', 'z']);
  assert.throws(() => differenceHeatmap(other, similarity([[0.5], [0.3]]), { names }), /same layers.*rows differ/);
});

test('lines over depth have the range over samples as a band', () => {
  const series = {
    name: 'x',
    samples: [
      [0.2, null, 0.8],
      [0.4, null, 0.6],
      [0.3, 0.5, NaN],
    ],
  };
  const [band, line] = depthLines([series], { title: 't' }).data;
  assert.ok(line?.type === 'scatter' && band?.type === 'scatter');
  assert.deepEqual(line.x, [0, 0.5, 1]);
  assert.deepEqual(
    line.y.map((value) => typeof value === 'number' && Number(value.toFixed(6))),
    [0.3, 0.5, 0.7],
  );
  assert.equal(Math.max(...band.y.map(Number)), 0.8);
  assert.equal(depthLines([{ name: 'one', samples: [[0.5]] }], { title: 't' }).data.length, 1);
  for (const samples of [[], [[1, 2], [1]]])
    assert.throws(() => depthLines([{ name: 'x', samples }], { title: 't' }), UserError);
});
