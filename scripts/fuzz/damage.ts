import type { Random } from '../../lib/tensor/random';

/** One of the choices, each with the same probability. */
export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random.integer(choices.length)]!;
}

/** The bytes after one to four random changes, deletions, repetitions or insertions. */
export function damaged(random: Random, bytes: Uint8Array): Buffer {
  let result = Buffer.from(bytes);
  for (let times = 1 + random.integer(4); times > 0; times--)
    result = Buffer.from(oneOf(random, changes)(random, result));
  return result;
}

/** The bytes up to a random length. */
export function truncated(random: Random, bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.subarray(0, random.integer(bytes.length + 1)));
}

type Change = (random: Random, bytes: Buffer) => Uint8Array;

/** A random range, more often a short one. */
function randomRange(random: Random, { length }: Buffer): readonly [start: number, end: number] {
  const start = random.integer(length + 1);
  return [start, Math.min(length, start + Math.floor(2 ** (random.uniform() * 12)))];
}

function overwrite(random: Random, bytes: Buffer, part: Buffer): Buffer {
  if (bytes.length >= part.length) part.copy(bytes, random.integer(bytes.length - part.length + 1));
  return bytes;
}

function randomInteger(random: Random): Buffer {
  const word = Buffer.alloc(oneOf(random, [2, 4, 8]));
  word.fill(oneOf(random, [0, 0x7f, 0x80, 0xff, 1]));
  if (random.uniform() < 0.5) word[0] = random.integer(256);
  return random.uniform() < 0.5 ? word : word.reverse();
}

const changes: readonly Change[] = [
  (random, bytes) => {
    if (bytes.length > 0) bytes[random.integer(bytes.length)] ^= 1 << random.integer(8);
    return bytes;
  },
  (random, bytes) => overwrite(random, bytes, Buffer.of(random.integer(256))),
  (random, bytes) => overwrite(random, bytes, randomInteger(random)),
  (random, bytes) => bytes.fill(oneOf(random, [0, 0x20, 0xff]), ...randomRange(random, bytes)),
  truncated,
  (random, bytes) => {
    const [start, end] = randomRange(random, bytes);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  (random, bytes) => {
    const [start, end] = randomRange(random, bytes);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
  },
  (random, bytes) => {
    const [start] = randomRange(random, bytes);
    const noise = Buffer.from(Array.from({ length: 1 + random.integer(40) }, () => random.integer(256)));
    return Buffer.concat([bytes.subarray(0, start), noise, bytes.subarray(start)]);
  },
];
