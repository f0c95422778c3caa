import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bars } from '../../lib/plots/bars';
import { comparisonTable } from '../../lib/plots/comparison';
import { escapeHtml, label, labelText, scriptJson } from '../../lib/plots/escape';
import { heatmap } from '../../lib/plots/heatmap';
import { lines } from '../../lib/plots/lines';
import { liveHtml } from '../../lib/plots/live';
import { tableHtml, type Cell } from '../../lib/plots/table';
import { tableText } from '../../lib/plots/tableText';
import { summary } from '../../lib/results/summary';

const evil = '</script><script>alert("&1")</script><!-- \u2028 \'';

test('escaped text holds nothing that HTML or a script would read', () => {
  assert.equal(escapeHtml('<a href="x">&\'</a>'), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;');
  assert.doesNotMatch(scriptJson({ name: evil }), /[<>&\u2028]/);
  assert.deepEqual(JSON.parse(scriptJson({ name: evil })), { name: evil });
  assert.equal(labelText(label(evil)), evil);
});

test('names with scripts in them stay text in every HTML we make', () => {
  const figures = [
    heatmap({ rows: { model: evil, layers: [evil] }, columns: { model: evil, layers: [evil] }, values: [[1]] }, { title: evil, measure: evil }),
    lines([{ name: evil, x: [1], y: [1] }], { title: evil, x: evil, y: evil }),
    bars([evil], [{ name: evil, values: [1] }], { title: evil, x: evil, y: evil }),
  ];
  for (const figure of figures) {
    const html = liveHtml(figure, 'figure-1');
    assert.deepEqual([html.match(/<script/g)?.length, html.match(/<\/script/g)?.length], [1, 1]);
    assert.doesNotMatch(JSON.stringify(figure), /<script|<!--/);
  }
  const table = tableHtml({ columns: [evil], rows: [[evil], [{ text: evil, note: evil, link: `page.html?${evil}` }]], caption: evil });
  assert.doesNotMatch(table, /<script|<!--|alert\("/);
});

test('a live figure carries its numbers, not plotly.js', () => {
  const html = liveHtml(lines([{ name: 'a', x: [1], y: [0.1 + 0.2] }], { title: '', x: '', y: '' }), 'figure-1');
  assert.ok(html.length < 4000);
  assert.match(html, /"y":\[0\.3\]/);
});

test('links of a table lead to the web or to a file, never to a script', () => {
  const link = (address: string): string => tableHtml({ columns: ['a'], rows: [[{ text: 'x', link: address }]] });
  assert.match(link('https://arxiv.org/abs/2310.19444'), /<a href="https:/);
  assert.match(link('../data/results/main.jsonl'), /<a href="\.\.\/data/);
  for (const address of ['javascript:alert(1)', ' javascript:alert(1)', 'JaVaScRiPt:x', 'data:text/html,x', 'java\nscript:x']) assert.throws(() => link(address), /must be a web address/);
});

test('numbers stand at the right, unverified ones are marked, rows of the wrong length refused', () => {
  const html = tableHtml({ columns: ['method', 'top-1'], rows: [['KD', 27.8], ['OFA', { text: '28.60 ± 0.20 (3 seeds)', unverified: true }]] });
  assert.match(html, /<td style="text-align:right">27\.8<\/td>/);
  assert.match(html, /28\.60 ± 0\.20 \(3 seeds\) †/);
  assert.match(html, /† not verified/);
  assert.throws(() => tableHtml({ columns: ['a', 'b'], rows: [['x', 1], ['y']] }), /Row 2 .* 1 cells for 2 columns/);
});

test('undefined numbers are empty cells, never NaN', () => {
  const cells: readonly Cell[] = [NaN, null, Infinity];
  assert.doesNotMatch(tableHtml({ columns: ['a', 'b', 'c'], rows: [cells] }), /NaN|Infinity|null/);
});

test('a comparison shows paper, ours with its conditions, and the command at the paper\'s scale', () => {
  const table = comparisonTable([{
    label: 'OFA', published: { value: 80.54, status: 'seen' },
    ours: { summary: summary([28, 29]), profile: 'laptop', epochs: 12, commit: 'abcdef0', command: 'npm run experiment -- run main' },
    paperScale: { command: 'npm run experiment -- run main --profile paper', cost: '40 GPU hours' },
  }, { label: 'RKD', published: { value: 74.11, status: 'recalled' }, ours: null, paperScale: null }]);
  const text = tableText(table);
  assert.match(text, /OFA\s+80\.54\s+28\.50 ± 0\.71 \(2 seeds\), laptop, 12 epochs, abcdef0\s+npm run/);
  assert.match(text, /RKD\s+74\.11 †/);
});
