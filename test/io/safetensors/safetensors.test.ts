import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { UserError } from '../../../lib/errors';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../../lib/io/safetensors/halfFloat';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../../lib/io/safetensors/safetensors';
import { temporaryFolder } from '../../support/temporaryFolder';

const weights: ReadonlyMap<string, StoredTensor> = new Map([
  ['a.weight', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-20, 65504) }],
  ['10', { shape: [], data: Float32Array.of(7) }],
  ['empty', { shape: [0, 4], data: new Float32Array(0) }],
  ['größe "b"\\', { shape: [1], data: Float32Array.of(-0.1) }],
]);

test('what is written is read again, with its metadata', async (context) => {
  const file = path.join(await temporaryFolder(context), 'deep', 'w.safetensors');
  await writeSafetensors(file, weights, { metadata: { format: 'pt', note: 'ü' } });
  const { tensors, metadata } = readSafetensors(file);
  assert.deepEqual(tensors, new Map([...weights]));
  assert.deepEqual(
    [...metadata],
    [
      ['format', 'pt'],
      ['note', 'ü'],
    ],
  );
  assert.deepEqual(readdirSync(path.dirname(file)), ['w.safetensors'], 'no draft is left');
  assert.equal(readFileSync(file).readUInt32LE(0) % 8, 0, 'the data begin at a multiple of eight');
});

test('half precisions are read as the float32 they stand for', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  const data = Float32Array.of(1, -0.5, 2048, 0.0999755859375);
  for (const kind of ['F16', 'BF16'] as const) {
    await writeSafetensors(file, new Map([['x', { shape: [4], data }]]), { kind });
    const read = readSafetensors(file).tensors.get('x');
    assert.deepEqual([...read!.data.subarray(0, 3)], [1, -0.5, 2048]);
    assert.ok(Math.abs(read!.data[3]! - data[3]!) < 2 ** -11);
  }
});

test('every half and every bfloat16 survives the way there and back; rounding is to the nearest, ties to even', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const isNaN16 = (bits: number, fraction: number): boolean => (bits & 0x7fff) > fraction;
  for (const [from, to, infinity] of [
    [fromFloat16, toFloat16, 0x7c00],
    [fromBfloat16, toBfloat16, 0x7f80],
  ] as const) {
    const back = to(from(all));
    all.forEach((bits) =>
      isNaN16(bits, infinity) ? assert.ok(isNaN16(back[bits]!, infinity)) : assert.equal(back[bits], bits),
    );
  }
  const tie = (value: number): number => fromFloat16(toFloat16(Float32Array.of(value)))[0]!;
  assert.deepEqual([2049, 2051, 65519, 65520, -65520, 2 ** -25, 1.5 * 2 ** -24].map(tie), [
    2048,
    2052,
    65504,
    Infinity,
    -Infinity,
    0,
    2 ** -23,
  ]);
  assert.deepEqual([...fromBfloat16(toBfloat16(Float32Array.of(257, 259)))], [256, 260]);
});

interface Entry {
  dtype: string;
  shape: unknown;
  data_offsets: unknown;
}

const sound = (over: Partial<Entry> = {}): Entry => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...over });
const second = (over: Partial<Entry> = {}): Entry => sound({ data_offsets: [8, 16], ...over });

/** Name, header and length of the data; what the error must say. */
const malformed: readonly (readonly [string, unknown, number, RegExp])[] = [
  ['overlap', { first: sound(), second: second({ data_offsets: [4, 12] }) }, 12, /"second" overlaps "first"/],
  ['negative length', { first: sound({ data_offsets: [8, 0] }) }, 8, /"first" has a negative length/],
  ['negative offset', { first: sound({ data_offsets: [-8, 0] }) }, 8, /"first" has a wrong entry \(data_offsets/],
  [
    'hole',
    { first: sound(), second: second({ data_offsets: [12, 20] }) },
    20,
    /hole of 4 bytes before tensor "second"/,
  ],
  ['hole at the start', { first: second() }, 16, /hole of 8 bytes before tensor "first"/],
  ['bytes left over', { first: sound() }, 12, /4 bytes follow its last tensor "first"/],
  ['cut short', { first: sound(), second: second() }, 12, /"second" ends at byte 16, but the file has 12/],
  ['unknown kind', { first: sound({ dtype: 'F33' }) }, 8, /"first" has values of unknown kind "F33"/],
  ['integers', { first: sound({ dtype: 'I32' }) }, 8, /"first" holds I32 values/],
  [
    'shape and bytes',
    { first: sound({ shape: [3] }) },
    8,
    /"first" of shape \[3\] and kind F32 needs 12 bytes and has 8/,
  ],
  ['huge shape', { first: sound({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }) }, 8, /"first" of shape .* needs/],
  ['fraction', { first: sound({ shape: [1.5] }) }, 8, /"first" has a wrong entry \(shape/],
  ['shape no list', { first: sound({ shape: 'x' }) }, 8, /"first" has a wrong entry/],
  ['three offsets', { first: sound({ data_offsets: [0, 4, 8] }) }, 8, /"first" has a wrong entry/],
  ['entry no object', { first: null }, 0, /"first" has a wrong entry/],
  ['metadata no strings', { __metadata__: { a: 1 }, first: sound() }, 8, /metadata "a" are not a string/],
  ['metadata no object', { __metadata__: [1], first: sound() }, 8, /metadata are not an object/],
];

for (const [name, header, bytes, message] of malformed) {
  test(`refused: ${name}`, async (context) => refused(context, JSON.stringify(header), Buffer.alloc(bytes), message));
}

const text = (entry: Entry): string => JSON.stringify(entry);

test('refused: a name that stands twice', async (context) =>
  refused(context, `{"first":${text(sound())},"first":${text(sound())}}`, Buffer.alloc(8), /names "first" twice/));
test('refused: an escaped name that stands twice', async (context) =>
  refused(context, `{"\\u0061":${text(sound())},"a":${text(second())}}`, Buffer.alloc(16), /names "a" twice/));
test('refused: a field that stands twice', async (context) =>
  refused(
    context,
    '{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}',
    Buffer.alloc(8),
    /names "shape" twice/,
  ));
test('refused: a name that would reach into objects', async (context) =>
  refused(context, `{"__proto__":${text(sound())}}`, Buffer.alloc(8), /"__proto__" has a name that is not allowed/));
test('refused: no JSON', async (context) => refused(context, '{"a": ', Buffer.alloc(8), /not JSON/));
test('refused: a list', async (context) => refused(context, '[1, 2, 3]', Buffer.alloc(8), /not a JSON object/));

test('refused: a header of 100 MB, one that reaches beyond the file, an empty file, no file', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'w.safetensors');
  const length = (n: bigint): Buffer => {
    const buffer = Buffer.alloc(64, ' ');
    buffer.writeBigUInt64LE(n);
    return buffer;
  };
  const before = process.memoryUsage().arrayBuffers;
  for (const [content, message] of [
    [length(100_000_000n), /header claims 100000000 bytes; the most/],
    [length(2n ** 64n - 1n), /header claims/],
    [length(1000n), /file ends after 64/],
    [Buffer.alloc(0), /too few for a header/],
  ] as const) {
    writeFileSync(file, content);
    assert.throws(
      () => readSafetensors(file),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20, 'nothing was set aside');
  assert.throws(() => readSafetensors(path.join(folder, 'absent')), UserError);
  assert.throws(() => readSafetensors(folder), UserError);
});

test('a file cut at any byte, or longer than it says, is refused by its name', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  await writeSafetensors(file, weights, { metadata: { format: 'pt' } });
  const whole = readFileSync(file);
  for (const bytes of [...whole.keys()]
    .map((cut) => whole.subarray(0, cut))
    .concat(Buffer.concat([whole, Buffer.of(0)]))) {
    writeFileSync(file, bytes);
    assert.throws(
      () => readSafetensors(file),
      (error) => error instanceof UserError && error.message.includes(file),
      `${bytes.length} of ${whole.length} bytes`,
    );
  }
});

test('tensors that are skipped may be of any kind, but are checked', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  writeFileSync(
    file,
    assemble(JSON.stringify({ count: sound({ dtype: 'I64', shape: [] }), x: second() }), Buffer.alloc(16)),
  );
  assert.deepEqual([...readSafetensors(file, { skip: (name) => name === 'count' }).tensors.keys()], ['x']);
});

test('a failed write leaves the old file', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  await writeSafetensors(file, weights);
  const old = readFileSync(file);
  await assert.rejects(writeSafetensors(file, new Map([['x', { shape: [3], data: Float32Array.of(1) }]])));
  assert.deepEqual(readFileSync(file), old);
});

async function refused(context: TestContext, header: string, data: Buffer, message: RegExp): Promise<void> {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  writeFileSync(file, assemble(header, data));
  assert.throws(
    () => readSafetensors(file),
    (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      return true;
    },
  );
}

function assemble(header: string, data: Buffer): Buffer {
  const json = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([prefix, json, data]);
}
