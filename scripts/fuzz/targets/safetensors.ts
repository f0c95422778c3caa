import { readSafetensors } from '../../../lib/io/safetensors/safetensors';
import { valueBytes } from '../../../lib/io/safetensors/header';
import type { Random } from '../../../lib/tensor/random';
import { damaged, oneOf } from '../damage';
import { damagedJson } from '../damageJson';
import type { Target } from '../target';

/** Headers and bodies of weight files. */
export const target: Target = {
  file: 'input.safetensors',
  make: (random) => {
    const { header, bytes } = validFile(random);
    const kind = random.uniform();
    const json = kind < 0.5 ? damagedJson(random, header) : JSON.stringify(header);
    const whole = assembled(json, bytes);
    if (kind < 0.6) return whole;
    if (kind < 0.8)
      return Buffer.concat([damaged(random, whole.subarray(0, 8 + json.length)), whole.subarray(8 + json.length)]);
    return damaged(random, whole);
  },
  read: (file) => {
    const { tensors } = readSafetensors(file);
    for (const [name, { shape, data }] of tensors) {
      if (shape.reduce((product, size) => product * size, 1) !== data.length)
        throw new Error(`tensor ${name} of shape [${shape.join()}] has ${data.length} values`);
    }
    return tensors;
  },
};

function validFile(random: Random): { readonly header: object; readonly bytes: Buffer } {
  const header: Record<string, unknown> = random.uniform() < 0.5 ? { __metadata__: { format: 'pt', note: 'ü' } } : {};
  let at = 0;
  for (let i = random.integer(5); i >= 0; i--) {
    const dtype = oneOf(random, ['F32', 'F32', 'F16', 'BF16', 'I64'] as const);
    const shape = Array.from({ length: random.integer(4) }, () => random.integer(5));
    const bytes = shape.reduce((product, size) => product * size, valueBytes[dtype]);
    header[`layer${i}.weight`] = { dtype, shape, data_offsets: [at, (at += bytes)] };
  }
  return { header, bytes: Buffer.from(Array.from({ length: at }, () => random.integer(256))) };
}

function assembled(json: string, bytes: Buffer): Buffer {
  const text = Buffer.from(json);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, bytes]);
}
