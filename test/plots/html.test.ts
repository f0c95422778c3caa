import assert from 'node:assert/strict';
import { test } from 'node:test';

import { imageNetNormalisation } from '../../lib/data/datasets/normalisation';
import { paperScale } from '../../lib/experiments/paper/counterparts';
import { student } from '../../lib/experiments/laptop';
import { bars } from '../../lib/plots/charts/bars';
import { comparisonTable, pairTable } from '../../lib/plots/tables/comparisonTable';
import { diagramSvg } from '../../lib/plots/diagrams/diagram';
import { escapeHtml, label, labelText, scriptJson, withoutTags } from '../../lib/plots/escape';
import { field } from '../../lib/plots/charts/field';
import { forest } from '../../lib/plots/charts/forest';
import { gainPage } from '../../lib/plots/html/gainPage';
import { heatmap, type Similarity } from '../../lib/plots/charts/heatmap';
import { heatmapGrid } from '../../lib/plots/charts/heatmapGrid';
import { imageGrid } from '../../lib/plots/charts/imageGrid';
import { learningCurves } from '../../lib/plots/charts/learningCurves';
import { lines } from '../../lib/plots/charts/lines';
import { liveHtml } from '../../lib/plots/html/live';
import { recipesAndRecordsHtml } from '../../lib/plots/tables/recipesAndRecords';
import { cellText, tableHtml, type Cell } from '../../lib/plots/tables/table';
import { tableText } from '../../lib/plots/tables/tableText';
import type { Comparison } from '../../lib/results/tables/comparison';
import type { RecordedRow } from '../../lib/results/tables/recordedRows';
import { sampleRow } from '../results/answers/rows';
import { sampleRecord } from '../results/support';

const evil = '</script><script>alert("&1")</script><!-- \u2028 \'';

const row: RecordedRow = {
  experiment: 'main',
  row: 'a-b',
  recipe: student('transformer', 'cnn', { kind: 'kd' }),
  seeds: [0, 1, 2],
  command: 'npm run experiment -- run main --rows a-b',
  runs: [0, 1].map((seed) =>
    sampleRecord({ id: `run${seed}`, seed, top1: 28 + seed, epochs: 12, experiment: 'main', row: 'a-b' }),
  ),
};

test('escaped text contains no HTML or script syntax', () => {
  assert.equal(escapeHtml('<a href="x">&\'</a>'), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;');
  assert.doesNotMatch(scriptJson({ name: evil }), /[<>&\u2028]/);
  assert.deepEqual(JSON.parse(scriptJson({ name: evil })), { name: evil });
  assert.equal(labelText(label(evil)), evil);
});

test('names that contain scripts stay text in every figure', () => {
  const similarity: Similarity = {
    rows: { model: evil, layers: [evil] },
    columns: { model: evil, layers: [evil] },
    values: [[1]],
  };
  const figures = [
    heatmap(similarity, { title: evil, measure: evil }),
    heatmapGrid([{ ...similarity, heading: evil }, similarity], { title: evil, measure: evil }),
    lines([{ name: evil, x: [1], y: [1], yError: [1] }], { title: evil, x: evil, y: evil }),
    bars([evil], [{ name: evil, values: [1], yError: [1] }], { title: evil, x: evil, y: evil }),
    field({ x: [1], y: [1], z: [[1]] }, { title: evil, x: evil, y: evil, z: evil }),
    imageGrid([{ caption: evil, height: 1, width: 1, data: new Uint8Array(3) }], { title: evil }),
    learningCurves([sampleRecord({ method: evil })], { title: evil }),
    forest([{ name: evil, effects: [{ label: evil, value: 1, low: 0, high: 2 }] }], { title: evil, x: evil }),
  ];
  for (const figure of figures) {
    const html = liveHtml(figure, 'figure-1');
    assert.deepEqual([html.match(/<script/g)?.length, html.match(/<\/script/g)?.length], [1, 1]);
    assert.doesNotMatch(JSON.stringify(figure), /<script|<!--/);
    assert.match(labelText(JSON.stringify(figure)), /<script/, 'the name is shown');
  }
});

test('names that contain scripts stay text in tables, pages and diagrams', async () => {
  const run = sampleRecord({
    row: evil,
    method: evil,
    dataset: evil,
    command: evil,
    commit: evil,
    student: evil,
    recipe: { name: evil },
    machine: { processor: evil, cores: 1, memoryGB: 1 },
  });
  const network = { network: evil, parameters: 1, latency: 1 };
  const compared: Comparison = {
    label: evil,
    published: { value: 1, status: 'seen', source: evil },
    ours: { ...row, experiment: evil, row: evil, command: evil, runs: [{ ...run, experiment: evil, id: evil }] },
    paper: {
      experiment: evil,
      row: { name: evil, recipe: { ...row.recipe, student: evil }, sources: { [evil]: 'paper' } },
      command: evil,
      hours: 1,
    },
  };
  const pages = [
    tableHtml({
      columns: [evil],
      rows: [[evil], [{ text: evil, note: evil, link: `page.html?${evil}` }]],
      caption: evil,
    }),
    tableHtml(comparisonTable([compared], evil)),
    recipesAndRecordsHtml([compared]),
    gainPage({
      distilled: run,
      scratch: run,
      student: network,
      teacher: { ...network, top1: 1, weights: evil },
      methodParameters: 1,
      classes: 2,
      trainImages: 1,
      validationImages: 1,
      imageSize: 32,
      normalisation: imageNetNormalisation,
    }),
    await diagramSvg({
      title: evil,
      boxes: [
        { id: evil, lines: [evil, evil], group: evil, row: 0, column: 0 },
        { id: 'b', lines: ['b'], group: 'b', row: 0, column: 1 },
      ],
      arrows: [{ from: evil, to: 'b', fromGroup: true }],
    }),
  ];
  for (const page of pages) {
    assert.doesNotMatch(page.replace(/<!--.*?-->|<!DOCTYPE[^>]*>/gs, ''), /<script|<!--|alert\("/);
    assert.match(page, /&lt;script/, 'the name is shown');
  }
});

test('the page of a gain states that a teacher of another image size resizes the images', () => {
  const network = { network: 'vit_64', parameters: 1, latency: 1 };
  const pageOf = (teacher: object): string => {
    const run = sampleRecord({ recipe: { teacher } });
    return gainPage({
      ...{ distilled: run, scratch: run, student: network, teacher: { ...network, top1: 1, weights: 'w' } },
      ...{ methodParameters: 1, classes: 2, trainImages: 1, validationImages: 1, imageSize: 32 },
      normalisation: imageNetNormalisation,
    });
  };
  const words = /32 × 32 pixels at a time, which the teacher resizes to its own size, median/;
  assert.doesNotMatch(pageOf({ model: 'vit_96' }), words);
  assert.match(pageOf({ model: 'vit_96', imageSize: 224 }), words);
  assert.match(pageOf({ model: 'vit_96', others: [{ model: 'vit_64', imageSize: 64 }] }), words);
});

test('Markdown keeps its emphasis, and names in it stay text', () => {
  assert.equal(
    withoutTags(`**best: ${'<script>x</script>'}**, $a < b$`),
    '**best: &lt;script>x&lt;/script>**, $a < b$',
  );
});

test('an interactive figure contains its rounded numbers, but not plotly.js', () => {
  const html = liveHtml(lines([{ name: 'a', x: [1], y: [0.1 + 0.2] }], { title: '', x: '', y: '' }), 'figure-1');
  assert.ok(html.length < 4000);
  assert.match(html, /"y":\[0\.3\]/);
});

test('links of a table may be web addresses or relative paths, not scripts', () => {
  const link = (address: string): string => tableHtml({ columns: ['a'], rows: [[{ text: 'x', link: address }]] });
  assert.match(link('https://arxiv.org/abs/2310.19444'), /<a href="https:/);
  assert.match(link('../data/results/main.jsonl'), /<a href="\.\.\/data/);
  for (const address of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JaVaScRiPt:x',
    'data:text/html,x',
    'java\nscript:x',
  ])
    assert.throws(() => link(address), /must be a web address/);
});

test('aligns numbers to the right, marks unverified ones, and rejects rows of the wrong length', () => {
  const html = tableHtml({
    columns: ['method', 'top-1'],
    rows: [
      ['KD', 27.8],
      ['OFA', { text: '28.60 ± 0.20 (3 seeds)', unverified: true }],
    ],
  });
  assert.match(html, /<td style="text-align:right">27\.8<\/td>/);
  assert.match(html, /28\.60&nbsp;±&nbsp;0\.20 \(3 seeds\) †/);
  assert.match(html, /† not verified/);
  assert.throws(() => tableHtml({ columns: ['a', 'b'], rows: [['x', 1], ['y']] }), /Row 2 .* 1 cells for 2 columns/);
});

test('undefined numbers become empty cells', () => {
  const cells: readonly Cell[] = [NaN, null, Infinity];
  assert.doesNotMatch(tableHtml({ columns: ['a', 'b', 'c'], rows: [cells] }), /NaN|Infinity|null/);
});

test("a comparison shows the published number, ours, and the command and cost at the paper's scale", () => {
  const paper = paperScale('cifar100', 'Swin-T', 'ResNet18', 'OFA');
  const table = comparisonTable([
    { label: 'OFA', published: { value: 80.54, status: 'seen' }, ours: row, paper },
    { label: 'RKD', published: { value: 74.11, status: 'recalled' } },
    { label: 'CRD', published: { value: 79.8, status: 'checked' }, ours: { ...row, runs: [] } },
  ]);
  const text = tableText(table);
  assert.match(text, /^Ours: top-1 after 12 epochs, mean ± standard deviation over 2 seeds/);
  assert.match(text, /OFA\s+80\.54\s+28\.50 ± 0\.71\s+about 8 GPU hours/);
  assert.match(text, /RKD\s+74\.11 †\s+no counterpart\s+no recipe/);
  assert.match(text, /CRD\s+79\.80 ‡\s+not recorded yet/);
  const html = tableHtml(table);
  for (const command of [row.command, paper!.command]) assert.ok(html.includes(escapeHtml(command)));
  assert.match(html, /† not verified; ‡ verified by the mean of its column only/);
  assert.match(html, /title="2 of 3 seeds, commit abcdef0"/);
});

test('a comparison leaves out a column that no row fills', () => {
  const published = { value: 80, status: 'seen' } as const;
  const columns = (...rows: Parameters<typeof comparisonTable>[0]): readonly string[] => comparisonTable(rows).columns;
  assert.deepEqual(columns({ label: 'a', ours: row }, { label: 'b', ours: row }), ['', 'ours, laptop (%)']);
  assert.deepEqual(columns({ label: 'a', published }), ['', 'published (%)']);
  assert.deepEqual(columns({ label: 'a', published }, { label: 'b', ours: row }), [
    '',
    'published (%)',
    'ours, laptop (%)',
  ]);
});

test('cells of a comparison state what differs from the caption', () => {
  const single = { ...row, runs: row.runs.slice(0, 1).map((run) => ({ ...run, epochs: 30 })) };
  const text = tableText(
    comparisonTable([
      { label: 'a', ours: row },
      { label: 'b', ours: row },
      { label: 'c', ours: single },
    ]),
  );
  assert.match(text, /over 2 seeds unless a cell says otherwise/);
  assert.match(text, /b\s+28\.50 ± 0\.71\nc\s+28\.00 \(1 seed, 30 epochs\)/);
  assert.match(tableText(comparisonTable([{ label: 'c', ours: single }])), /after 30 epochs, a single seed/);
});

test('every link of a comparison leads to a recipe and records that occur once on the page', () => {
  const paper = paperScale('cifar100', 'ConvNeXt-T', 'DeiT-T', 'KD');
  const comparisons = [
    { label: 'a', ours: row, paper },
    { label: 'b', ours: row, paper: paperScale('cifar100', 'Mixer-B/16', 'DeiT-T', 'KD') },
  ];
  const proofs = recipesAndRecordsHtml(comparisons, 'records');
  const ids = [...proofs.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  assert.equal(new Set(ids).size, ids.length);
  for (const [, target] of tableHtml(comparisonTable(comparisons)).matchAll(/href="#([^"]+)"/g))
    assert.ok(ids.includes(target!), target);
  assert.equal(ids.length, 3);
  assert.match(proofs, /href="records\/main\.jsonl"/);
  for (const { id, command } of row.runs) assert.ok(proofs.includes(id) && proofs.includes(escapeHtml(command)));
});

test('the table of pairs states the seeds once and marks rows without runs', () => {
  const rows = [
    sampleRow('ofa', { method: { kind: 'ofa' }, top1: [30, 32] }),
    sampleRow('kd', { method: { kind: 'kd' }, top1: [31] }),
    sampleRow('rsd', { method: { kind: 'rsd' }, top1: [] }),
  ];
  const columns = { OFA: 'ofa', KD: 'kd', RSD: 'rsd', CRD: 'crd' };
  const { caption, rows: lines } = pairTable(rows, [{ teacher: 'resnet_24', student: 'vit_64' }], columns);
  assert.match(caption!, /over 2 seeds; without ±: a single seed/);
  assert.deepEqual(lines[0]!.map(cellText), ['resnet_24 → vit_64', '31.00 ± 1.41', '31.00', '–', '']);
});
