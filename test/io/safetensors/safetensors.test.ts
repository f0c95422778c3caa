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

test('reads back what was written, with its metadata', async (context) => {
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

test('reads F16 and BF16 as float32', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  const data = Float32Array.of(1, -0.5, 2048, 0.0999755859375);
  for (const kind of ['F16', 'BF16'] as const) {
    await writeSafetensors(file, new Map([['x', { shape: [4], data }]]), { kind });
    const read = readSafetensors(file).tensors.get('x');
    assert.deepEqual([...read!.data.subarray(0, 3)], [1, -0.5, 2048]);
    assert.ok(Math.abs(read!.data[3]! - data[3]!) < 2 ** -11);
  }
});

test('every F16 and BF16 number survives a round trip; rounding is to nearest, ties to even', () => {
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

const validEntry = (over: Partial<Entry> = {}): Entry => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...over });
const second = (over: Partial<Entry> = {}): Entry => validEntry({ data_offsets: [8, 16], ...over });

/** Name, header, number of data bytes, and the expected error. */
const malformed: readonly (readonly [string, unknown, number, RegExp])[] = [
  ['overlap', { first: validEntry(), second: second({ data_offsets: [4, 12] }) }, 12, /"second" overlaps "first"/],
  ['negative length', { first: validEntry({ data_offsets: [8, 0] }) }, 8, /"first" has a negative length/],
  [
    'negative offset',
    { first: validEntry({ data_offsets: [-8, 0] }) },
    8,
    /"first" has an invalid entry \(data_offsets/,
  ],
  [
    'gap',
    { first: validEntry(), second: second({ data_offsets: [12, 20] }) },
    20,
    /gap of 4 bytes before tensor "second"/,
  ],
  ['gap at the start', { first: second() }, 16, /gap of 8 bytes before tensor "first"/],
  ['bytes after the last tensor', { first: validEntry() }, 12, /4 bytes follow its last tensor "first"/],
  ['truncated', { first: validEntry(), second: second() }, 12, /"second" ends at byte 16, but the file has 12/],
  ['unknown type', { first: validEntry({ dtype: 'F33' }) }, 8, /"first" has values of an unknown type "F33"/],
  ['integers', { first: validEntry({ dtype: 'I32' }) }, 8, /"first" has I32 values/],
  [
    'shape and bytes',
    { first: validEntry({ shape: [3] }) },
    8,
    /"first" of shape \[3\] and type F32 needs 12 bytes, but has 8/,
  ],
  ['huge shape', { first: validEntry({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }) }, 8, /"first" of shape .* needs/],
  ['fraction', { first: validEntry({ shape: [1.5] }) }, 8, /"first" has an invalid entry \(shape/],
  ['shape that is not a list', { first: validEntry({ shape: 'x' }) }, 8, /"first" has an invalid entry/],
  ['three offsets', { first: validEntry({ data_offsets: [0, 4, 8] }) }, 8, /"first" has an invalid entry/],
  ['entry that is not an object', { first: null }, 0, /"first" has an invalid entry/],
  ['metadata that is not a string', { __metadata__: { a: 1 }, first: validEntry() }, 8, /metadata "a" is not a string/],
  ['metadata that is not an object', { __metadata__: [1], first: validEntry() }, 8, /metadata is not an object/],
];

for (const [name, header, bytes, message] of malformed) {
  test(`rejects a header: ${name}`, async (context) =>
    rejectsHeader(context, JSON.stringify(header), Buffer.alloc(bytes), message));
}

const text = (entry: Entry): string => JSON.stringify(entry);

test('rejects a duplicate tensor name', async (context) =>
  rejectsHeader(
    context,
    `{"first":${text(validEntry())},"first":${text(validEntry())}}`,
    Buffer.alloc(8),
    /contains "first" twice/,
  ));
test('rejects a duplicate tensor name with an escape sequence', async (context) =>
  rejectsHeader(
    context,
    `{"\\u0061":${text(validEntry())},"a":${text(second())}}`,
    Buffer.alloc(16),
    /contains "a" twice/,
  ));
test('rejects a duplicate field', async (context) =>
  rejectsHeader(
    context,
    '{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}',
    Buffer.alloc(8),
    /contains "shape" twice/,
  ));
test('rejects the name __proto__', async (context) =>
  rejectsHeader(
    context,
    `{"__proto__":${text(validEntry())}}`,
    Buffer.alloc(8),
    /"__proto__" has a name that is not allowed/,
  ));
test('rejects a header that is not JSON', async (context) =>
  rejectsHeader(context, '{"a": ', Buffer.alloc(8), /not JSON/));
test('rejects a header that is a list', async (context) =>
  rejectsHeader(context, '[1, 2, 3]', Buffer.alloc(8), /not a JSON object/));

test('rejects too large headers, empty files and missing files without allocating memory', async (context) => {
  const folder = await temporaryFolder(context);
  const file = path.join(folder, 'w.safetensors');
  const length = (n: bigint): Buffer => {
    const buffer = Buffer.alloc(64, ' ');
    buffer.writeBigUInt64LE(n);
    return buffer;
  };
  const before = process.memoryUsage().arrayBuffers;
  for (const [content, message] of [
    [length(100_000_000n), /header is 100000000 bytes long, more than/],
    [length(2n ** 64n - 1n), /header is \d+ bytes long/],
    [length(1000n), /file ends after 64/],
    [Buffer.alloc(0), /too few for a header/],
  ] as const) {
    writeFileSync(file, content);
    assert.throws(
      () => readSafetensors(file),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20, 'no memory was allocated');
  assert.throws(() => readSafetensors(path.join(folder, 'absent')), UserError);
  assert.throws(() => readSafetensors(folder), UserError);
});

test('rejects a file that is truncated at any byte or too long, and names it', async (context) => {
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

test('skipped tensors may have any type but are checked', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  writeFileSync(
    file,
    assemble(JSON.stringify({ count: validEntry({ dtype: 'I64', shape: [] }), x: second() }), Buffer.alloc(16)),
  );
  assert.deepEqual([...readSafetensors(file, { skip: (name) => name === 'count' }).tensors.keys()], ['x']);
});

test('a failed write keeps the old file', async (context) => {
  const file = path.join(await temporaryFolder(context), 'w.safetensors');
  await writeSafetensors(file, weights);
  const old = readFileSync(file);
  await assert.rejects(writeSafetensors(file, new Map([['x', { shape: [3], data: Float32Array.of(1) }]])));
  assert.deepEqual(readFileSync(file), old);
});

async function rejectsHeader(context: TestContext, header: string, data: Buffer, message: RegExp): Promise<void> {
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
