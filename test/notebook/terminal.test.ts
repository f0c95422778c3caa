import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { heatmap, lines } from '../../lib/notebook/draw';
import { liveFigure } from '../../lib/notebook/liveFigure';
import { progress, progressText } from '../../lib/notebook/progress';
import { recordFrame } from '../../lib/notebook/recordFrame';
import { dataFrame, table } from '../../lib/notebook/table';
import { lines as linesFigure } from '../../lib/plots/charts/lines';
import { recordsIn } from '../../lib/results/records/readRecords';

test('a script prints a description of a figure', async (context) => {
  const text = await printed(context, () =>
    heatmap({
      rows: { model: 'ViT', layers: ['a', 'b'] },
      columns: { model: '<CNN>', layers: ['c'] },
      values: [[0.25], [null]],
    }),
  );
  assert.equal(text, 'CKA: ViT and <CNN>\n  heatmap of 2 × 1, from 0.2500 to 0.2500, 1 undefined\n');
});

test('the description of a figure leaves out its bands', async (context) => {
  const text = await printed(context, () =>
    lines([{ name: 'OFA', x: [1, 2], y: [10, 20], yError: [1, 1] }], { title: 'Top-1', x: 'epoch', y: '%' }),
  );
  assert.equal(text, 'Top-1\n  OFA: 2 points, from 10.00 to 20.00\n');
});

test('a script prints only the last state of a live figure', async (context) => {
  const figure = (count: number) =>
    linesFigure(
      [{ name: 'run', x: Array.from({ length: count }, (_, i) => i), y: Array.from({ length: count }, () => 1) }],
      { title: 'Live', x: 'x', y: 'y' },
    );
  const text = await printed(context, async () => {
    const live = await liveFigure(figure(1));
    for (let count = 2; count <= 5; count++) live.update(figure(count));
    await live.finish();
  });
  assert.equal(text, 'Live\n  run: 5 points, from 1.000 to 1.000\n');
});

test('a script aligns a table and shows the columns of all rows', async (context) => {
  const text = await printed(context, () =>
    table(
      [
        { method: 'KD', top1: 27.8 },
        { method: 'OFA', gamma: 1.2 },
      ],
      'Main',
    ),
  );
  assert.equal(text, 'Main\nmethod  top1  gamma\n──────  ────  ─────\nKD      27.8\nOFA           1.2\n');
});

test('a danfojs data frame has the columns of all rows and is shown like rows', async (context) => {
  const frame = await dataFrame([
    { method: 'KD', top1: 27.8 },
    { method: 'OFA', top1: 28.6, note: 'best' },
  ]);
  assert.deepEqual(frame.columns, ['method', 'top1', 'note']);
  assert.deepEqual(frame.values, [
    ['KD', 27.8, null],
    ['OFA', 28.6, 'best'],
  ]);
  assert.match(await printed(context, () => table(frame)), /OFA {5}28\.6 {2}best/);
});

test('a data frame of all records has one row for each', async () => {
  const records = await recordsIn('data/results');
  const frame = await recordFrame();
  assert.equal(frame.shape[0], records.length);
  for (const column of ['student', 'teacher', 'method', 'seed', 'top1', 'method.exponent', 'measures.parameters']) {
    assert.ok(frame.columns.includes(column), column);
  }
  const at = frame.columns.indexOf('top1');
  assert.deepEqual(
    frame.values.map((row) => (Array.isArray(row) ? row[at] : undefined)),
    records.map(({ top1 }) => top1),
  );
});

test('progress shows the time left, and at the end the total time', () => {
  const state = { title: 'Training', total: 40, done: 10, seconds: 30, note: 'loss 2.1' };
  assert.equal(progressText(state, false), 'Training 10/40, 1:30 left, loss 2.1');
  assert.equal(progressText({ ...state, done: 0, note: '' }, false), 'Training 0/40');
  assert.equal(progressText({ ...state, done: 40, seconds: 4000, note: '' }, true), 'Training 40/40, 1:06:40 in all');
});

test('progress in a file writes one line at every tenth', (context) => {
  const written: string[] = [];
  context.mock.method(process.stderr, 'write', (text: string) => written.push(text) > 0);
  let clock = 0;
  const bar = progress('Reading', 100, () => clock);
  for (let done = 1; done <= 100; done++) {
    clock += 300;
    bar.update(done);
  }
  bar.finish();
  context.mock.restoreAll();
  assert.equal(written.length, 11);
  assert.equal(written[0], 'Reading 10/100, 0:27 left\n');
  assert.equal(written.at(-1), 'Reading 100/100, 0:30 in all\n');
});

async function printed(context: TestContext, work: () => Promise<void>): Promise<string> {
  const written: string[] = [];
  const write = context.mock.method(process.stdout, 'write', (text: string) => written.push(text) > 0);
  try {
    await work();
  } finally {
    write.mock.restore();
  }
  return written.join('');
}
