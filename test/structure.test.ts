import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const maxColumns = 120;

/**
 * What a folder of lib may import: values and types, types only, or lazily at the first use.
 * Every folder may import `errors.ts` and `profile.ts`.
 */
interface Rule {
  readonly values: readonly string[];
  readonly types?: readonly string[];
  readonly lazily?: readonly string[];
}

const rules: Readonly<Record<string, Rule>> = {
  io: { values: [] },
  tensor: { values: [] },
  reference: { values: [] },
  data: { values: ['io', 'tensor'] },
  models: { values: ['io', 'tensor'], types: ['data'] },
  similarity: { values: ['tensor', 'models'] },
  losses: { values: ['tensor'] },
  methods: { values: ['losses', 'models', 'tensor'] },
  training: { values: ['io', 'tensor', 'data', 'models', 'losses', 'methods'] },
  analysis: { values: ['tensor', 'data', 'models', 'methods', 'training', 'results'] },
  experiments: { values: [], types: ['methods', 'models', 'training'] },
  results: { values: ['io', 'experiments'], types: ['data', 'models'] },
  runs: {
    values: [
      'io',
      'tensor',
      'data',
      'models',
      'methods',
      'similarity',
      'training',
      'analysis',
      'experiments',
      'results',
    ],
  },
  plots: { values: ['results'] },
  notebook: { values: ['io', 'plots', 'results'], lazily: ['tensor'] },
};

test('imports go in one direction', () => {
  const wrong = filesUnder('lib').flatMap((file) => {
    const folder = path.dirname(path.relative('lib', file)).split(path.sep)[0]!;
    if (folder === '.') return [];
    const rule = rules[folder];
    if (!rule) return [`${file}: lib/${folder} is not in the table of this test`];
    return imports(file).flatMap(({ target, kind }) => {
      const [top, other] = target.split(path.sep);
      if (top !== 'lib') return [`${file} imports ${target}, outside lib`];
      const mayBe = [
        folder,
        'errors',
        'profile',
        ...rule.values,
        ...(kind === 'types' ? (rule.types ?? []) : []),
        ...(kind === 'lazily' ? (rule.lazily ?? []) : []),
      ];
      return mayBe.includes(other!) ? [] : [`${file} imports ${kind} of lib/${other!}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('imports form no circle, those of types included', () => {
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) circles.push([...trail.slice(start), file].join(' → '));
    if (start >= 0 || finished.has(file)) return;
    for (const { target } of imports(file)) visit(resolve(target), [...trail, file]);
    finished.add(file);
  };
  for (const file of filesUnder('lib')) visit(file, []);
  assert.deepEqual(circles, []);
});

test('figures of recorded results open without the engine', () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { target, kind } of imports(file)) if (kind === 'values') visit(resolve(target));
  };
  for (const folder of ['plots', 'results', 'notebook']) filesUnder(path.join('lib', folder)).forEach(visit);
  assert(reached.size > 5);
  assert.deepEqual(
    [...reached].filter((file) => file.startsWith(path.join('lib', 'tensor'))),
    [],
  );
});

test('no path in lib leads to scripts, test or notebooks', () => {
  // A path literal, and a segment among the arguments of path.join or path.resolve.
  const literal = /(['"`])(?:\.{1,2}\/)*(?:scripts|test|notebooks)\/[^'"`\n]*\1/;
  const segment = /path\.(?:join|resolve)\((?:[^()']|'[^']*')*'(?:scripts|test|notebooks)'/;
  const wrong = filesUnder('lib').filter((file) => {
    const source = readFileSync(file, 'utf8');
    return literal.test(source) || segment.test(source);
  });
  assert.deepEqual(wrong, []);
});

test(`no line of a program is longer than ${maxColumns} columns`, () => {
  const files = execFileSync('git', ['ls-files', '-z', '--', '*.ts', '*.mjs', '*.cc', '*.h', '*.py'], {
    encoding: 'utf8',
  });
  const programs = files.split('\0').filter((file) => /^(?!data|notebooks).+/.test(file) && existsSync(file));
  assert(programs.length > 500);
  const long = programs.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => ([...line].length > maxColumns ? [`${file}:${index + 1}: ${[...line].length}`] : [])),
  );
  assert.deepEqual(long, []);
});

test('TensorFlow is imported in lib/tensor only', () => {
  const others = filesUnder('lib').filter(
    (file) => !file.startsWith(path.join('lib', 'tensor')) && /from '@tensorflow\//.test(readFileSync(file, 'utf8')),
  );
  assert.deepEqual(others, []);
});

test('one copy of the TensorFlow.js core is installed', () => {
  const locked: unknown = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  assert(
    typeof locked === 'object' &&
      locked !== null &&
      'packages' in locked &&
      typeof locked.packages === 'object' &&
      locked.packages !== null,
  );
  const copies = Object.keys(locked.packages).filter((name) => name.endsWith('node_modules/@tensorflow/tfjs-core'));
  assert.deepEqual(copies, ['node_modules/@tensorflow/tfjs-core']);
  assert(existsSync(path.join('node_modules', '@tensorflow', 'tfjs-core', 'package.json')));
});

type Kind = 'values' | 'types' | 'lazily';

/** The relative imports of a file, as paths from the project's root. */
function imports(file: string): { target: string; kind: Kind }[] {
  const source = readFileSync(file, 'utf8');
  const forms = [
    /^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'(\.[^']*)'/,
    /\b(?:import|require)\(\s*'(\.[^']*)'\s*\)/,
    /^import\s+'(\.[^']*)'/,
  ];
  const statements = source.matchAll(new RegExp(forms.map(({ source }) => source).join('|'), 'gm'));
  return [...statements].map(([statement, type, from, call, bare]) => ({
    target: path.join(path.dirname(file), from ?? call ?? bare ?? ''),
    kind:
      call !== undefined
        ? 'lazily'
        : type !== undefined || /^import\s*\{(\s*type\s[^,}]*,?)+\s*\}/.test(statement)
          ? 'types'
          : 'values',
  }));
}

function resolve(target: string): string {
  return [`${target}.ts`, path.join(target, 'index.ts'), target].find((file) => existsSync(file)) ?? target;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}
