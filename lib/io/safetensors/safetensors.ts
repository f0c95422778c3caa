import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '../../errors';
import { writeAtomic } from '../atomic';
import { fileError } from '../fileError';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './halfFloat';
import { invalidFile, parseHeader, type Header, type TensorEntry } from './header';

/** A tensor as stored in a file, with its values in row-major order. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface WriteOptions {
  /** Any strings. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly kind?: 'F32' | 'F16' | 'BF16';
}

export interface ReadOptions {
  /** Names of tensors to check but not read, such as unused integers. Default: none. */
  readonly skip?: (name: string) => boolean;
}

/**
 * Writes tensors in Hugging Face's format: the length of a JSON header, the header, and the values of each tensor. The
 * file is written atomically.
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  { metadata, kind = 'F32' }: WriteOptions = {},
): Promise<void> {
  const bytes = kind === 'F32' ? 4 : 2;
  let at = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const needed = shape.reduce((product, size) => product * size, 1);
    if (needed !== data.length)
      throw new Error(`Tensor "${name}" of shape [${shape.join(', ')}] has ${data.length} values`);
    if (name === '__metadata__' || name === '__proto__') throw new Error(`A tensor cannot be called "${name}"`);
    return [name, { dtype: kind, shape, data_offsets: [at, (at += bytes * data.length)] }] as const;
  });
  const json = Buffer.from(
    JSON.stringify({ ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) }),
  );
  // Padded with spaces, so that the data begin at a multiple of eight bytes.
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  await writeAtomic(file, content(header, tensors, kind));
}

/** A tensor of an open file. `read` reads its values from the file. */
export interface FileTensor {
  readonly shape: readonly number[];
  read(): Float32Array;
}

/** An open file. Its tensors can be read until `close` is called. */
export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  close(): void;
}

/**
 * Opens a file of F32, F16 and BF16 tensors, which are read as float32. The whole header is checked before memory is
 * allocated for any tensor. Throws a UserError that names the wrong tensor.
 */
export function openSafetensors(file: string, { skip = () => false }: ReadOptions = {}): SafetensorsFile {
  const descriptor = open(file);
  try {
    const { header, dataStart } = readHeader(descriptor, file);
    const wanted = header.entries.filter(({ name }) => !skip(name));
    for (const { name, kind } of wanted) {
      if (kind !== 'F32' && kind !== 'F16' && kind !== 'BF16') {
        throw new UserError(
          `${file}: tensor "${name}" has ${kind} values, but only F32, F16 and BF16 are supported. ` +
            'Convert the file first.',
        );
      }
    }
    const tensors = new Map(
      wanted.map((entry): [string, FileTensor] => [
        entry.name,
        { shape: entry.shape, read: () => readValues(descriptor, file, entry, dataStart + entry.begin) },
      ]),
    );
    return { metadata: header.metadata, tensors, close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw fileError(error, 'read', file);
  }
}

/** Reads the metadata and all tensors of a file. Throws as `openSafetensors` does. */
export function readSafetensors(
  file: string,
  options?: ReadOptions,
): {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
} {
  const { metadata, tensors, close } = openSafetensors(file, options);
  try {
    return {
      metadata,
      tensors: new Map([...tensors].map(([name, { shape, read }]) => [name, { shape, data: read() }])),
    };
  } finally {
    close();
  }
}

/** Enough for a hundred thousand tensors; a larger header would only exhaust the memory. */
const maxHeaderBytes = 16 * 2 ** 20;

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw fileError(error, 'read', file);
  }
}

function readHeader(descriptor: number, file: string): { readonly header: Header; readonly dataStart: number } {
  const { size } = fstatSync(descriptor);
  const invalid = (what: string): UserError => invalidFile(file, what);
  if (size < 10) throw invalid(`it has only ${size} bytes, too few for a header`);
  const prefix = Buffer.alloc(8);
  readAt(descriptor, file, prefix, 0);
  const length = prefix.readBigUInt64LE();
  if (length > BigInt(maxHeaderBytes))
    throw invalid(`its header is ${length} bytes long, more than the supported ${maxHeaderBytes}`);
  const dataStart = 8 + Number(length);
  if (dataStart > size)
    throw invalid(
      `its header is ${length} bytes long, but the file ends after ${size} bytes, ` +
        'so that it is truncated or in another format',
    );
  const text = Buffer.alloc(Number(length));
  readAt(descriptor, file, text, 8);
  return { header: parseHeader(text.toString('utf8'), size - dataStart, file), dataStart };
}

function readValues(
  descriptor: number,
  file: string,
  { kind, begin, end }: TensorEntry,
  position: number,
): Float32Array {
  if (kind === 'F32') {
    const values = new Float32Array((end - begin) / 4);
    readAt(descriptor, file, new Uint8Array(values.buffer), position);
    return values;
  }
  const halves = new Uint16Array((end - begin) / 2);
  readAt(descriptor, file, new Uint8Array(halves.buffer), position);
  return kind === 'F16' ? fromFloat16(halves) : fromBfloat16(halves);
}

function readAt(descriptor: number, file: string, target: Uint8Array, position: number): void {
  // One call of read transfers at most 2 GB.
  const maxBytes = 2 ** 30;
  for (let done = 0; done < target.length;) {
    const read = readChunk(descriptor, file, target.subarray(done, done + maxBytes), position + done);
    if (read === 0) throw new UserError(`${file} became shorter while it was read. Download or write it again.`);
    done += read;
  }
}

function readChunk(descriptor: number, file: string, target: Uint8Array, position: number): number {
  try {
    return readSync(descriptor, target, 0, target.length, position);
  } catch (error) {
    throw fileError(error, 'read', file);
  }
}

function* content(
  header: Uint8Array,
  tensors: ReadonlyMap<string, StoredTensor>,
  kind: 'F32' | 'F16' | 'BF16',
): Generator<Uint8Array> {
  yield header;
  for (const { data } of tensors.values()) {
    const values = kind === 'F32' ? data : kind === 'F16' ? toFloat16(data) : toBfloat16(data);
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}
