import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { findCompiler } from '../../scripts/setup/compiler.mjs';
import { findWheel } from '../../scripts/setup/environment.mjs';
import { compile } from '../../scripts/setup/link.mjs';

const compiler: unknown = findCompiler();
const wheel: unknown = findWheel();
const float16 = '-march=sapphirerapids';

/** The reason why this machine cannot compile for such a processor, or false. */
function skipReason(): string | false {
  if (typeof compiler !== 'string' || typeof wheel !== 'string') return 'no C++ compiler, or no TensorFlow from Python';
  const { status } = spawnSync(compiler, [float16, '-x', 'c++', '-fsyntax-only', '/dev/null']);
  return status === 0 ? false : `this compiler does not support ${float16}`;
}

test('the wheel’s headers compile for a processor with float16 arithmetic', { skip: skipReason() }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'link-'));
  try {
    const source = path.join(folder, 'source.cc');
    const object = path.join(folder, 'source.o');
    writeFileSync(source, '#include "tensorflow/core/framework/op_kernel.h"\n');
    await compile({ compiler, wheel, source, object, flags: ['-O0', float16] });
    assert(existsSync(object));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
