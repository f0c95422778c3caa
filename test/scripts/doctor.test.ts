import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isNative } from '../../lib/tensor/engine/native';
import { checkXla } from '../../scripts/doctor/xla';
import { cudaCompiler } from '../../scripts/setup/environment.mjs';
import { temporaryFolder } from '../support/temporaryFolder';

test(
  'the doctor compiles a function by XLA, and does not need it beside our kernels',
  {
    skip: isNative() ? false : 'needs the native engine',
  },
  (context) => {
    const before = process.env['OFA_KERNELS'];
    context.after(() => {
      if (before === undefined) Reflect.deleteProperty(process.env, 'OFA_KERNELS');
      else process.env['OFA_KERNELS'] = before;
    });
    Reflect.deleteProperty(process.env, 'OFA_KERNELS');
    assert.match(checkXla('CPU'), /not needed on a CPU/);
    process.env['OFA_KERNELS'] = 'off';
    assert.match(checkXla('CPU'), /^compiles and runs on the CPU/);
  },
);

test('finds ptxas in the packages of the CUDA wheel', async (context) => {
  const packages = await temporaryFolder(context);
  assert.equal(cudaCompiler(packages), undefined);
  const folder = path.join(packages, 'nvidia', 'cuda_nvcc');
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  writeFileSync(path.join(folder, 'bin', 'ptxas'), '');
  assert.equal(cudaCompiler(packages), folder);
});
