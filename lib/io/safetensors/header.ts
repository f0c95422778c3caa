import { z } from 'zod';
import { short, UserError } from '../../errors';

/** Bytes of one value, by the format's name for its kind. */
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

/** Where one tensor lies, counted from the first byte after the header. */
export interface TensorEntry {
  readonly name: string;
  readonly kind: ValueKind;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
}

const whole = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z
  .object({
    dtype: z.string(),
    shape: z.array(whole),
    data_offsets: z.tuple([whole, whole]),
  })
  .strict();

/**
 * Reads a header's JSON and checks all of it: the tensors must fill `dataBytes` without holes or overlaps, and each must be as long
 * as its shape says. Throws a UserError naming the tensor that is wrong.
 */
export function parseHeader(text: string, dataBytes: number, file: string): Header {
  const refuse = (what: string): UserError =>
    new UserError(`${file} is not a sound safetensors file: ${what}. Fetch or write it again; nothing of it was used.`);
  const parsed = parseObject(text, refuse);
  const twice = repeatedKey(text);
  if (twice !== undefined) throw refuse(`its header names "${short(twice)}" twice`);
  let metadata: ReadonlyMap<string, string> = new Map();
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') metadata = parseMetadata(value, refuse);
    else entries.push(parseEntry(name, value, dataBytes, refuse));
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCover(entries, dataBytes, refuse);
  return { metadata, entries };
}

type Refuse = (what: string) => UserError;

function parseObject(text: string, refuse: Refuse): object {
  if (!text.startsWith('{')) throw refuse('its header is not a JSON object');
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    throw refuse(`its header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  throw refuse('its header is not a JSON object');
}

function parseMetadata(value: unknown, refuse: Refuse): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('its metadata are not an object of strings');
  return new Map(
    Object.entries(value).map(([key, text]: [string, unknown]) => {
      if (typeof text !== 'string' || key === '__proto__')
        throw refuse(`its metadata "${short(key)}" are not a string`);
      return [key, text];
    }),
  );
}

function parseEntry(name: string, value: unknown, dataBytes: number, refuse: Refuse): TensorEntry {
  const fault = (what: string): UserError => refuse(`tensor "${short(name)}" ${what}`);
  if (name === '__proto__') throw fault('has a name that is not allowed');
  const result = entrySchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw fault(`has a wrong entry (${issue?.path.join('.')}: ${issue?.message})`);
  }
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = result.data;
  if (!isValueKind(dtype)) throw fault(`has values of unknown kind "${short(dtype)}"`);
  if (end < begin) throw fault(`has a negative length: bytes ${begin} to ${end}`);
  if (end > dataBytes) throw fault(`ends at byte ${end}, but the file has ${dataBytes} bytes of data: it is cut short`);
  const needed = shape.reduce((product, size) => product * size, valueBytes[dtype]);
  if (needed !== end - begin)
    throw fault(`of shape [${short(shape.join(', '))}] and kind ${dtype} needs ${needed} bytes and has ${end - begin}`);
  return { name, kind: dtype, shape, begin, end };
}

function checkCover(entries: readonly TensorEntry[], dataBytes: number, refuse: Refuse): void {
  let at = 0;
  let previous = '';
  for (const { name, begin, end } of entries) {
    if (begin < at) throw refuse(`tensor "${short(name)}" overlaps "${short(previous)}"`);
    if (begin > at) throw refuse(`there is a hole of ${begin - at} bytes before tensor "${short(name)}"`);
    at = end;
    previous = name;
  }
  if (at !== dataBytes)
    throw refuse(`${dataBytes - at} bytes follow its last tensor${previous && ` "${short(previous)}"`}`);
}

/** The first key that an object within sound JSON has twice; JSON.parse would keep the last without a word. */
function repeatedKey(text: string): string | undefined {
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
