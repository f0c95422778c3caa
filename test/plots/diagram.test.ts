import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diagramSvg } from '../../lib/plots/diagrams/diagram';

test('boxes have room for fonts that are wider than Helvetica', async () => {
  const svg = await diagramSvg({ title: 'a', boxes: [{ id: 'a', lines: ['0'.repeat(40)] }], arrows: [] });
  const [, size] = /font-size="([\d.]+)"[^>]*>0{40}/.exec(svg)!;
  const [, outline] = /<g id="node1"[\s\S]*?<path[^>]* d="([^"]+)"/.exec(svg)!;
  const x = [...outline!.matchAll(/(-?[\d.]+),/g)].map(([, value]) => Number(value));
  // A digit of DejaVu Sans, a common fallback, is 0.636 em wide, where Helvetica's is 0.556 em.
  assert.ok(Math.max(...x) - Math.min(...x) > 40 * 0.636 * Number(size));
});
