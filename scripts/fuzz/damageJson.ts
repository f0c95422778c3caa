import type { Random } from '../../lib/tensor/random';
import { oneOf } from './damage';

/** The value as JSON after one to three random changes, deletions, renamings or insertions. */
export function damagedJson(random: Random, value: unknown): string {
  let text = JSON.stringify(value);
  for (let times = 1 + random.integer(3); times > 0; times--) {
    const copy: unknown = JSON.parse(text);
    const candidates = branches(copy);
    text = JSON.stringify(
      candidates.length === 0 ? unusualValue(random) : (change(random, oneOf(random, candidates)), copy),
    );
  }
  if (random.uniform() < 0.1) text = withDuplicateKey(random, text);
  return random.uniform() < 0.05 ? withDeepNesting(random, text) : text;
}

type Branch = Record<string, unknown> | unknown[];

/** All objects and lists inside a value. */
function branches(value: unknown): Branch[] {
  return isBranch(value) ? [value, ...Object.values(value).flatMap(branches)] : [];
}

function isBranch(value: unknown): value is Branch {
  return typeof value === 'object' && value !== null;
}

function change(random: Random, branch: Branch): void {
  if (Array.isArray(branch)) {
    branch.splice(
      random.integer(branch.length + 1),
      random.integer(2),
      ...(random.uniform() < 0.7 ? [unusualValue(random)] : []),
    );
    return;
  }
  const keys = Object.keys(branch);
  const key = keys.length === 0 ? unusualName(random) : oneOf(random, keys);
  const kind = random.uniform();
  if (kind < 0.5) setProperty(branch, key, unusualValue(random));
  else if (kind < 0.7) Reflect.deleteProperty(branch, key);
  else if (kind < 0.85) setProperty(branch, unusualName(random), branch[key] ?? unusualValue(random));
  else setProperty(branch, key, branch[oneOf(random, keys.length === 0 ? [key] : keys)] ?? null);
}

/** Sets a property, even one named `__proto__`. */
function setProperty(branch: object, key: string, value: unknown): void {
  Object.defineProperty(branch, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Repeats a key, which JSON.stringify cannot do. */
function withDuplicateKey(random: Random, text: string): string {
  const keys = [...text.matchAll(/"(?:[^"\\]|\\.)*":/g)];
  if (keys.length === 0) return text;
  const { 0: key, index } = oneOf(random, keys);
  return `${text.slice(0, index)}${key}${JSON.stringify(unusualValue(random))},${text.slice(index)}`;
}

function unusualName(random: Random): string {
  return oneOf(random, [
    '',
    '__proto__',
    'constructor',
    'toString',
    'length',
    '0',
    'a.b',
    'größe',
    '\u0000',
    '"',
    '../../up',
    '<script>',
    'x'.repeat(3000),
  ]);
}

function unusualValue(random: Random): unknown {
  return oneOf(random, [
    null,
    true,
    false,
    0,
    -0,
    -1,
    1,
    0.5,
    1e308,
    -1e308,
    5e-324,
    2 ** 31,
    2 ** 53,
    2 ** 64,
    random.integer(1000),
    random.normal(),
    '',
    '0',
    'NaN',
    '\u0000',
    '\ud800',
    'ü\n',
    '../../up',
    '/dev/zero',
    '$(touch up)',
    'x'.repeat(5000),
    [],
    {},
    [[]],
    [null],
    [-1],
    { length: -1 },
    { __proto__: null, a: 1 },
    Array(200).fill(0),
  ]);
}

/** Replaces a value by deeply nested lists. */
function withDeepNesting(random: Random, text: string): string {
  const depth = oneOf(random, [10, 1000, 100_000]);
  const nested = text.replace(/null|true|false|"[^"\\:]*"(?!:)/, '['.repeat(depth) + ']'.repeat(depth));
  return isJson(nested) ? nested : text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
