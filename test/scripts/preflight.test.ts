import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { chooseDevice } from '../../scripts/setup/device.mjs';
import { preflight } from '../../scripts/setup/preflight.mjs';
import { findPython } from '../../scripts/setup/python.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'preflight-'));
after(() => rmSync(folder, { recursive: true }));

/** Returns an environment whose search path has only these programs, each a line of shell. */
function machine(name: string, programs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const bin = path.join(folder, name);
  mkdirSync(bin);
  symlinkSync('/bin/sh', path.join(bin, 'sh'));
  for (const [program, line] of Object.entries(programs)) {
    writeFileSync(path.join(bin, program), `#!/bin/sh\n${line}\n`);
    chmodSync(path.join(bin, program), 0o755);
  }
  return { PATH: bin };
}

const all = ['packages', 'environment', 'addon', 'kernels', 'images', 'kernelSpec'];
const ample = { todo: all, device: 'cpu', folder, nodeVersion: '20.19.0', freeBytes: 1e12 };

test('reports nothing for a machine that has everything', () => {
  const env = machine('whole', { python3: 'echo "3.11.7|"', 'g++': 'true' });
  assert.deepEqual(preflight({ ...ample, env }), { errors: [], warnings: [] });
});

test('reports everything that is missing, one line each with the command to install it', () => {
  const { errors, warnings } = preflight({
    ...ample,
    env: machine('bare', {}),
    nodeVersion: '18.20.4',
    freeBytes: 1e9,
  });
  assert.equal(errors.length, 3);
  assert.match(errors[0]!, /^Node: 18\.20\.4 found, 20\.19 or newer needed\. Install: /);
  assert.match(errors[1]!, /^Python: none found.* Install: /);
  assert.match(errors[2]!, /^Disk space: 1\.0 GB free in .*, 4 GB needed/);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^C\+\+ compiler: none found.* Install: /);
  for (const line of [...errors, ...warnings]) assert(!line.includes('\n'));
});

test('checks only what the given steps need', () => {
  const env = machine('empty', {});
  assert.deepEqual(preflight({ ...ample, todo: ['kernelSpec'], env, freeBytes: 1e6 }), { errors: [], warnings: [] });
  const { errors, warnings } = preflight({ ...ample, todo: ['addon'], env });
  assert.deepEqual([errors.length, warnings.length], [0, 1]);
});

test('compares versions of Node numerically', () => {
  const env = machine('node', { python3: 'echo "3.11.7|"', 'g++': 'true' });
  const errors = (nodeVersion: string): number => preflight({ ...ample, env, nodeVersion }).errors.length;
  assert.deepEqual(['20.9.0', '20.18.3', '20.19.0', '22.1.0', '24.0.0'].map(errors), [1, 1, 0, 0, 0]);
});

test('reports an error for a Python that is too old or lacks modules', () => {
  const old = preflight({ ...ample, env: machine('old', { python3: 'echo "3.9.2|"', 'g++': 'true' }) });
  assert.match(old.errors.join(), /^Python: 3\.9\.2 found .*3\.10 or newer needed/);
  const poor = preflight({
    ...ample,
    env: machine('poor', { python3: 'echo "3.12.3|venv,ensurepip"', 'g++': 'true' }),
  });
  assert.deepEqual(poor.errors.length, 1);
  assert.match(poor.errors[0]!, /venv and ensurepip modules: missing .*apt install python3\.12-venv/);
});

test('chooses a Python that TensorFlow supports', () => {
  const env = machine('several', {
    python3: 'echo "3.14.0|"',
    'python3.12': 'echo "3.12.3|ensurepip"',
    'python3.10': 'echo "3.10.4|"',
    'g++': 'true',
  });
  assert.equal(findPython(env)?.version, '3.10.4');
  const named = { ...env, PYTHON: 'python3.12' };
  assert.equal(findPython(named)?.version, '3.12.3');
});

test('reports only a warning for a Python that is too new for TensorFlow', () => {
  const { errors, warnings } = preflight({
    ...ample,
    env: machine('new', { python3: 'echo "3.14.0|"', 'g++': 'true' }),
  });
  assert.deepEqual(errors, []);
  assert.match(warnings.join(), /no wheel for 3\.14\.0/);
});

test('treats a broken Python as missing', () => {
  const { errors } = preflight({ ...ample, env: machine('broken', { python3: 'exit 3', 'g++': 'true' }) });
  assert.match(errors.join(), /^Python: none found/);
});

test('chooses the device by OFA_DEVICE, then by the earlier choice, then by the machine', () => {
  const env = machine('nvidia', { 'nvidia-smi': 'echo "GPU 0: NVIDIA H200"' });
  assert.equal(chooseDevice({}, env), 'cuda');
  assert.equal(chooseDevice({ device: 'cpu' }, env), 'cpu');
  assert.equal(chooseDevice({ device: 'cpu' }, { ...env, OFA_DEVICE: 'cuda' }), 'cuda');
  assert.equal(chooseDevice({}, { ...env, OFA_DEVICE: 'cpu' }), 'cpu');
  assert.throws(() => chooseDevice({}, { ...env, OFA_DEVICE: 'tpu' }), /OFA_DEVICE is "tpu"; it must be cpu or cuda/);
});
