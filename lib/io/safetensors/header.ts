import { z } from 'zod';
import { short, UserError } from '../../errors';

/** Bytes of one value by the format's name of its type. */
export const valueBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const satisfies Record<string, number>;

export type ValueKind = keyof typeof valueBytes;

/** The name, type and shape of one tensor, and its bytes, counted from the first byte after the header. */
export interface TensorEntry {
  readonly name: string;
  readonly kind: ValueKind;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** Sorted by `begin`. */
  readonly entries: readonly TensorEntry[];
}

const wholeNumber = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z
  .object({
    dtype: z.string(),
    shape: z.array(wholeNumber),
    data_offsets: z.tuple([wholeNumber, wholeNumber]),
  })
  .strict();

/**
 * Parses and checks the JSON of a header: the tensors must fill `dataBytes` without holes or overlaps, and each length
 * must match the shape. Throws a UserError that names the wrong tensor.
 */
export function parseHeader(text: string, dataBytes: number, file: string): Header {
  const invalid = (what: string): UserError => invalidFile(file, what);
  const parsed = parseObject(text, invalid);
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw invalid(`its header contains "${short(duplicate)}" twice`);
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') metadata = parseMetadata(value, invalid);
    else entries.push(parseEntry(name, value, dataBytes, invalid));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataBytes, invalid);
  return { metadata, entries };
}

/** The error for a file that does not follow the format; `what` describes the violation. */
export function invalidFile(file: string, what: string): UserError {
  return new UserError(
    `${file} is not a valid safetensors file: ${what}. Nothing was loaded. Download or write it again.`,
  );
}

type InvalidFile = (what: string) => UserError;

function parseObject(text: string, invalid: InvalidFile): object {
  if (!text.startsWith('{')) throw invalid('its header is not a JSON object');
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    throw invalid(`its header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  throw invalid('its header is not a JSON object');
}

function parseMetadata(value: unknown, invalid: InvalidFile): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('its metadata is not an object of strings');
  return new Map(
    Object.entries(value).map(([key, text]: [string, unknown]) => {
      if (typeof text !== 'string' || key === '__proto__')
        throw invalid(`its metadata "${short(key)}" is not a string`);
      return [key, text];
    }),
  );
}

function parseEntry(name: string, value: unknown, dataBytes: number, invalid: InvalidFile): TensorEntry {
  const invalidEntry = (what: string): UserError => invalid(`tensor "${short(name)}" ${what}`);
  if (name === '__proto__') throw invalidEntry('has a name that is not allowed');
  const result = entrySchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalidEntry(`has an invalid entry (${issue?.path.join('.')}: ${issue?.message})`);
  }
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = result.data;
  if (!isValueKind(dtype)) throw invalidEntry(`has values of an unknown type "${short(dtype)}"`);
  if (end < begin) throw invalidEntry(`has a negative length: bytes ${begin} to ${end}`);
  if (end > dataBytes)
    throw invalidEntry(`ends at byte ${end}, but the file has ${dataBytes} bytes of data, so that it is truncated`);
  const needed = shape.reduce((product, size) => product * size, valueBytes[dtype]);
  if (needed !== end - begin)
    throw invalidEntry(
      `of shape [${short(shape.join(', '))}] and type ${dtype} needs ${needed} bytes, but has ${end - begin}`,
    );
  return { name, kind: dtype, shape, begin, end };
}

function checkCoverage(entries: readonly TensorEntry[], dataBytes: number, invalid: InvalidFile): void {
  let at = 0;
  let previous = '';
  for (const { name, begin, end } of entries) {
    if (begin < at) throw invalid(`tensor "${short(name)}" overlaps "${short(previous)}"`);
    if (begin > at) throw invalid(`there is a gap of ${begin - at} bytes before tensor "${short(name)}"`);
    at = end;
    previous = name;
  }
  if (at !== dataBytes)
    throw invalid(`${dataBytes - at} bytes follow its last tensor${previous && ` "${short(previous)}"`}`);
}

/** The first key that an object in valid JSON contains twice. JSON.parse would silently keep the last one. */
function duplicateKey(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (colon !== undefined) {
      const key: unknown = JSON.parse(token.slice(0, -colon.length));
      const keys = objects.at(-1);
      if (typeof key !== 'string' || keys === undefined) continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function isValueKind(text: string): text is ValueKind {
  return Object.hasOwn(valueBytes, text);
}
