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
  export: { values: ['io', 'tensor', 'data', 'models'], types: ['methods'] },
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
      'export',
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
  assert.deepEqual(
    circles(filesUnder('lib'), (file) => imports(file).map(({ target }) => resolve(target))),
    [],
  );
});

test('the inner folders of a folder import in one direction', () => {
  const files = filesUnder('lib').filter((file) => innerFolder(file) !== undefined);
  const imported = (folder: string): string[] =>
    files
      .filter((file) => innerFolder(file) === folder)
      .flatMap((file) => imports(file).map(({ target }) => innerFolder(resolve(target))))
      .filter((other): other is string => other !== undefined && other !== folder)
      .filter((other) => path.dirname(other) === path.dirname(folder));
  assert.deepEqual(circles([...new Set(files.map((file) => innerFolder(file)!))], imported), []);
});

test('figures of recorded results open without the engine', () => {
  const folders = ['plots', 'results', 'notebook'].map((folder) => path.join('lib', folder));
  assert.deepEqual(engineFiles(folders.flatMap(filesUnder)), []);
});

test('programs that set the threads of the engine load it afterwards', () => {
  assert.deepEqual(engineFiles([path.join('scripts', 'job.ts')]), []);
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

/** The files of lib/tensor that are loaded together with these files. */
function engineFiles(files: readonly string[]): string[] {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { target, kind } of imports(file)) if (kind === 'values') visit(resolve(target));
  };
  files.forEach(visit);
  assert(reached.size > 5);
  return [...reached].filter((file) => file.startsWith(path.join('lib', 'tensor')));
}

/** The circles that are reached from `starts` along the edges to `next`, each as a text. */
function circles(starts: readonly string[], next: (node: string) => readonly string[]): string[] {
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node);
    if (start >= 0) found.push([...trail.slice(start), node].join(' → '));
    if (start >= 0 || finished.has(node)) return;
    for (const other of next(node)) visit(other, [...trail, node]);
    finished.add(node);
  };
  for (const node of starts) visit(node, []);
  return found;
}

/** The folder of lib/X/Y, for a file below it; undefined for files of lib/X itself. */
function innerFolder(file: string): string | undefined {
  const segments = file.split(path.sep);
  return segments.length > 3 ? path.join(...segments.slice(0, 3)) : undefined;
}

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
