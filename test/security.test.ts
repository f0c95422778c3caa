import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';

const manifest = z.object({
  dependencies: z.record(z.string()),
  devDependencies: z.record(z.string()).default({}),
  overrides: z.record(z.union([z.string(), z.record(z.string())])),
});
const lock = z.object({
  packages: z.record(
    z.object({ version: z.string().optional(), integrity: z.string().optional(), resolved: z.string().optional() }),
  ),
});

for (const folder of ['.', 'scripts/onnxruntime'])
  test(`npm packages of ${folder} are pinned to one version, and locked with a checksum`, () => {
    const { dependencies, devDependencies, overrides } = manifest.parse(readJson(folder, 'package.json'));
    const wanted = {
      ...dependencies,
      ...devDependencies,
      ...Object.fromEntries(Object.entries(overrides).filter(([, version]) => typeof version === 'string')),
    };
    for (const [name, version] of Object.entries(wanted))
      assert.match(String(version), /^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/, name);
    const { '': _, ...locked } = lock.parse(readJson(folder, 'package-lock.json')).packages;
    for (const [place, { version, integrity, resolved }] of Object.entries(locked)) {
      assert.ok(version, place);
      assert.match(integrity ?? '', /^sha512-/, place);
      assert.match(resolved ?? 'https://', /^https:/, place);
    }
  });

test('the usual installation has no onnxruntime and no transformers.js, which only some commands need', () => {
  const { packages } = lock.parse(readJson('.', 'package-lock.json'));
  assert.deepEqual(
    Object.keys(packages).filter((place) => /onnxruntime-(?!common)|huggingface/.test(place)),
    [],
  );
});

test('Python packages are pinned to one version, each with its checksums', () => {
  for (const [file, atLeast] of [
    ['scripts/setup/requirements/cpu.txt', 50],
    ['scripts/setup/requirements/cuda.txt', 50],
    ['scripts/site/requirements.txt', 50],
    ['scripts/check/requirements.txt', 1],
    ['scripts/pillow/requirements.txt', 1],
    ['scripts/onnxruntime/requirements.txt', 5],
  ] as const) {
    const entries = readFileSync(file, 'utf8')
      .replace(/^#.*\n/gm, '')
      .replace(/ \\\n +/g, ' ')
      .trim()
      .split('\n');
    assert.ok(entries.length >= atLeast);
    for (const entry of entries)
      assert.match(entry, /^[\w.-]+(\[[\w,-]+\])?==[\w.!+]+( ; [^-]+?)?( --hash=sha256:[0-9a-f]{64})+$/, file);
  }
});

test('the unmaintained package request is replaced, with its dependencies', () => {
  const { packages } = lock.parse(readJson('.', 'package-lock.json'));
  assert.deepEqual(
    Object.keys(packages).filter((place) => /(^|\/)node_modules\/(har-validator|har-schema|oauth-sign)$/.test(place)),
    [],
  );
  const { name } = z
    .object({ name: z.string() })
    .parse(
      JSON.parse(
        readFileSync(require.resolve('request/package.json', { paths: [require.resolve('danfojs-node')] }), 'utf8'),
      ),
    );
  assert.equal(name, '@cypress/request');
});

test('danfojs reads a table from a URL with the replacement of request', async (context) => {
  const server = createServer((_, response) => response.end('method,top1\nKD,27.8\nOFA,28.6\n')).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  await import('../lib/tensor/engine/backend');
  const { readCSV } = await import('danfojs-node');
  const frame = await readCSV(`http://127.0.0.1:${address.port}/runs.csv`);
  assert.deepEqual(frame.values, [
    ['KD', 27.8],
    ['OFA', 28.6],
  ]);
});

/** Patterns of code that could execute data or trust an unknown server. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\beval\s*\((?!\))|\bnew Function\b|\bvm\.run|\bexec\((?=['"`])/, 'executes text'],
  [/\bpickle\b(?!,)|torch\.load\(|joblib|allow_pickle\s*=\s*True/, 'unpickles'],
  [
    /\bexecSync\b|\bexec\b.*from 'node:child_process'|shell:\s*true|shell\s*=\s*True|os\.system|os\.popen/,
    'passes text to a shell',
  ],
  [/yaml\.(unsafe_)?load\(|marshal\.loads?/, 'loads data that can contain code'],
  [
    /NODE_TLS_REJECT_UNAUTHORIZED|rejectUnauthorized:\s*false|verify\s*=\s*False|--trusted-host|strict-ssl/,
    'trusts any server',
  ],
  [
    /ServerApp\.(token|password|disable_check_xsrf|allow_origin|allow_remote_access)|IdentityProvider\.token/,
    'weakens JupyterLab',
  ],
];

test('no code executes data, unpickles, builds a shell command from text, or trusts any server', () => {
  const violations = sources().flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        forbidden
          .filter(([pattern]) => pattern.test(line) && !/^\s*(\/\/|\*|\/\*|#)|UserError\(/.test(line))
          .map(([, what]) => `${file}:${index + 1} ${what}: ${line.trim()}`),
      ),
  );
  assert.deepEqual(violations, []);
});

test('the patterns above match what they describe', () => {
  const bad = [
    'eval(text)',
    'new Function(text)',
    'import pickle',
    'torch.load(file)',
    'execSync(line)',
    "import { exec } from 'node:child_process'",
    'spawn(line, { shell: true })',
    'subprocess.run(line, shell=True)',
    'rejectUnauthorized: false',
    "'--ServerApp.token='",
  ];
  for (const line of bad)
    assert.ok(
      forbidden.some(([pattern]) => pattern.test(line)),
      line,
    );
  for (const line of ['build(given.teacher, CLASSES).eval()', '/a(b)/.exec(text)', 'evaluate(model)'])
    assert.ok(!forbidden.some(([pattern]) => pattern.test(line)), line);
});

test('every URL in the code uses https', () => {
  const plain = sources().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/http:\/\/(?!127\.0\.0\.1|localhost|\$\{)[\w.-]+/g)].map(
      ([address]) => `${file}: ${address}`,
    ),
  );
  assert.deepEqual(
    plain.filter((one) => !/www\.w3\.org/.test(one)),
    [],
  );
});

function readJson(...place: readonly string[]): unknown {
  return JSON.parse(readFileSync(path.join(...place), 'utf8'));
}

/** The files of lib and scripts. Tests are excluded, because they contain forbidden code as examples. */
function sources(): string[] {
  return ['lib', 'scripts'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs|js|py|j2|cc|yml)$/.test(name))
      .map((name) => path.join(folder, name)),
  );
}
