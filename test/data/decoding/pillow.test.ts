import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { decode } from '../../../lib/data/decoding/decode';
import { openDecoderProcesses } from '../../../lib/data/decoding/decoderProcesses';
import { pillowLacks, pillowPython } from '../../../scripts/pillow/environment.mjs';
import { makeTemporaryFolder } from '../../support/temporaryFolder';

const python = pillowPython();
const processes = openDecoderProcesses();
const list = z.object({
  images: z.array(z.object({ name: z.string(), width: z.number(), height: z.number(), tolerance: z.number() })),
});
let [folder, remove]: readonly [string, () => Promise<void>] = ['', () => Promise.resolve()];

before(async () => {
  if (python === undefined) return;
  [folder, remove] = await makeTemporaryFolder();
  execFileSync(python, ['-W', 'ignore', path.join(__dirname, 'pillowImages.py'), folder]);
});
after(async () => {
  processes.close();
  await remove();
});

for (const kernels of ['on', 'off']) {
  test(
    `pixels equal those of Pillow, file by file (kernels ${kernels})`,
    { skip: !python && pillowLacks },
    async () => {
      process.env['OFA_KERNELS'] = kernels;
      const { images } = list.parse(JSON.parse(readFileSync(path.join(folder, 'images.json'), 'utf8')));
      assert.ok(images.length > 150);
      const errors: string[] = [];
      for (const { name, width, height, tolerance } of images) {
        if (kernels === 'off' && !name.endsWith('.jpg')) continue;
        const expected = readFileSync(path.join(folder, `${name}.rgb`));
        const whole = { box: { top: 0, left: 0, width, height }, size: { width, height }, filter: 'bicubic' } as const;
        try {
          const image = await decode(readFileSync(path.join(folder, name)), () => whole, processes);
          assert.deepEqual([image.width, image.height], [width, height]);
          const gaps = Array.from(expected, (value, i) => Math.abs(value - image.data[i]!));
          const [max, mean] = [Math.max(...gaps), gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length];
          if (!(max <= tolerance && mean <= 1))
            errors.push(`${name}: differs by ${mean} on average and ${max} at most`);
        } catch (error) {
          errors.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      delete process.env['OFA_KERNELS'];
      assert.deepEqual(errors, []);
    },
  );
}
