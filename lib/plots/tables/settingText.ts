/**
 * A setting of a recipe for people: `cosine (min 0.000001, warmupEpochs 5)` for
 * `{"kind":"cosine","min":0.000001,"warmupEpochs":5}`. The part that names an object comes first, without its key.
 * Numbers have at most six significant digits.
 */
export function settingText(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return `[${value.map(settingText).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const name = nameOf(value);
  const parts = Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    part === undefined || nameKeys.includes(key) ? [] : [`${key} ${nestedText(part)}`],
  );
  if (name === undefined) return parts.join(', ');
  return name + (parts.length === 0 ? '' : ` (${parts.join(', ')})`);
}

/** The text of a part, in parentheses if it has parts of its own and no name before them. */
function nestedText(part: unknown): string {
  const isUnnamed = typeof part === 'object' && part !== null && !Array.isArray(part) && nameOf(part) === undefined;
  return isUnnamed ? `(${settingText(part)})` : settingText(part);
}

const nameKeys = ['kind', 'name', 'model'];

function nameOf(value: object): string | undefined {
  const key = nameKeys.find((one) => Object.hasOwn(value, one));
  return key === undefined ? undefined : settingText(Reflect.get(value, key));
}
