import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diagramSvg } from '../../lib/plots/diagrams/diagram';
import { framework } from '../../lib/plots/diagrams/framework';

test('boxes have room for fonts that are wider than Helvetica', async () => {
  const box = { id: 'a', lines: ['0'.repeat(40)], row: 0, column: 0 };
  const svg = await diagramSvg({ title: 'a', boxes: [box], arrows: [] });
  const [, size] = /font-size="([\d.]+)"[^>]*>0{40}/.exec(svg)!;
  const [, outline] = /<g id="node1"[\s\S]*?<path[^>]* d="([^"]+)"/.exec(svg)!;
  const x = [...outline!.matchAll(/(-?[\d.]+),/g)].map(([, value]) => Number(value));
  // A digit of DejaVu Sans, a common fallback, is 0.636 em wide, where Helvetica's is 0.556 em.
  assert.ok(Math.max(...x) - Math.min(...x) > 40 * 0.636 * Number(size));
});

test('an arrow to a box that does not exist is refused', async () => {
  const box = { id: 'a', lines: ['a'], row: 0, column: 0 };
  const diagram = { title: 'One', boxes: [box], arrows: [{ from: 'a', to: 'b' }] };
  await assert.rejects(diagramSvg(diagram), /an arrow of the diagram "One" names the box b/);
});

for (const [name, shapes] of [
  ['resnet_16', ['32 × 32 × 16', '16 × 16 × 32', '8 × 8 × 64', '4 × 4 × 128']],
  ['vit_64', Array.from({ length: 4 }, () => '64 + 1 tokens × 64')],
] as const)
  test(`${name}: stages are in order from left to right, and branches below them`, async () => {
    const network = { name, stages: shapes };
    const branches = shapes.map((_, k) => ({ stage: k + 1, layers: Array.from({ length: 4 - k }, () => 'SepConv') }));
    const diagram = framework({ image: '32 × 32 × 3', classes: 100, teacher: network, student: network, branches });
    const svg = await diagramSvg(diagram);
    const place = (id: string): { x: number; y: number } => {
      const node = svg.slice(svg.indexOf(`<title>${id}</title>`));
      const [, x, y] = /<text[^>]* x="(-?[\d.]+)" y="(-?[\d.]+)"/.exec(node)!;
      return { x: Number(x), y: Number(y) };
    };
    for (const line of ['student', 'teacher', 'branch'])
      for (const k of [1, 2, 3]) assert.ok(place(`${line}${k}`).x < place(`${line}${k + 1}`).x, `${line}${k}`);
    for (const k of [1, 2, 3, 4]) {
      assert.ok(place(`teacher${k}`).y < place(`student${k}`).y);
      assert.ok(place(`student${k}`).y < place(`branch${k}`).y);
    }
    assert.ok(place('images').x < place('student1').x && place('branch4').x < place('loss').x);
  });
