import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { z } from 'zod';

const maxModules = 5;
const maxLines = 15;
const maxColumns = 100;
const maxBytes = 1_000_000;

const notebook = z.object({
  cells: z.array(
    z.object({
      cell_type: z.string(),
      source: z.array(z.string()),
      outputs: z.array(z.object({ output_type: z.string() })).default([]),
    }),
  ),
});

const notebooks = readdirSync('notebooks')
  .filter((name) => name.endsWith('.ipynb'))
  .map((name) => {
    const file = path.join('notebooks', name);
    const { cells } = notebook.parse(JSON.parse(readFileSync(file, 'utf8')));
    const code = cells.filter((cell) => cell.cell_type === 'code');
    return { name, file, cells: code.map(({ source, outputs }) => ({ lines: source.join('').split('\n'), outputs })) };
  });

test(`notebooks import from at most ${maxModules} modules, of lib from index modules only`, () => {
  const violations = notebooks.flatMap(({ name, cells }) => {
    const code = cells.map(({ lines }) => lines.join('\n')).join('\n');
    const modules = [...new Set([...code.matchAll(/\bfrom '([^']+)'/g)].map(([, module]) => module!))];
    const inner = modules.filter((module) => module.startsWith('./lib/') && !/^\.\/lib\/\w+\/index$/.test(module));
    return [
      ...(modules.length > maxModules ? [`${name} imports from ${modules.length} modules`] : []),
      ...inner.map((module) => `${name} imports ${module}`),
    ];
  });
  assert.deepEqual(violations, []);
});

test(`code cells have at most ${maxLines} lines of at most ${maxColumns} columns`, () => {
  const violations = notebooks.flatMap(({ name, cells }) =>
    cells.flatMap(({ lines }, index) => [
      ...(lines.length > maxLines ? [`${name}, code cell ${index + 1}: ${lines.length} lines`] : []),
      ...lines
        .filter((line) => [...line].length > maxColumns)
        .map(
          (line) => `${name}, code cell ${index + 1}: ${[...line].length} columns in "${line.trim().slice(0, 40)}…"`,
        ),
    ]),
  );
  assert.deepEqual(violations, []);
});

/*
 * tslab hands the variables of a cell to later cells as copies: functions of the earlier cell would not see the new
 * value, and a live figure would stay empty.
 */
test('cells assign only to variables that they declare', () => {
  const violations = notebooks.flatMap(({ name, cells }) =>
    cells.flatMap(({ lines }, index) => {
      const earlier = cells.slice(0, index).flatMap((cell) => variables(cell.lines));
      const own = variables(lines);
      return earlier
        .filter((variable) => !own.includes(variable))
        .filter((variable) => lines.some((line) => new RegExp(`(?<![.\\w])${variable}\\s*[-+*/]?=(?![=>])`).test(line)))
        .map((variable) => `${name}, code cell ${index + 1} assigns ${variable}`);
    }),
  );
  assert.deepEqual(violations, []);
});

/** The variables that a cell declares with `let`, at its top level. */
function variables(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^let (\w+)/.exec(line)?.[1] ?? []);
}

test(`committed notebooks have at most ${maxBytes / 1e6} MB and no failed cell`, () => {
  const violations = notebooks.flatMap(({ name, file, cells }) => [
    ...(statSync(file).size > maxBytes ? [`${name} has ${statSync(file).size} bytes`] : []),
    ...cells.flatMap(({ outputs }, index) =>
      outputs.some(({ output_type }) => output_type === 'error') ? [`${name}, code cell ${index + 1} failed`] : [],
    ),
  ]);
  assert.deepEqual(violations, []);
});
