/** The composed Unicode form (NFC), in which a name from macOS equals the same name from Linux. */
export function normalisedName(name: string): string {
  return name.normalize('NFC');
}

/** Messages about classes that differ from those of the training images. Names that are nearly equal are paired. */
export function classMismatches(classes: readonly string[], known: readonly string[] | undefined): string[] {
  if (!known) return [];
  const missing = known.filter((name) => !classes.includes(name));
  const unknown = classes.filter((name) => !known.includes(name));
  const twin = (name: string, others: readonly string[]): string => {
    const other = others.find((candidate) => looseName(candidate) === looseName(name));
    return other === undefined ? '' : ` (${quoted(other)} differs only in case or blanks; rename one of them)`;
  };
  return [
    ...missing.map((name) => `class ${quoted(name)} of the training images is missing${twin(name, unknown)}`),
    ...unknown.map((name) => `class ${quoted(name)} is not among the classes of the training images`),
  ];
}

/** Messages about classes of one set whose names are equal in Unicode's composed form, which would be one class. */
export function repeatedNames(names: readonly string[]): string[] {
  return [...groupsBy(names, normalisedName)].map(
    (group) =>
      `${group.length} folders are named ${quoted(normalisedName(group[0]!))}, in different Unicode forms; merge them`,
  );
}

/** A sentence about different classes whose names differ only in case or blanks, or undefined. */
export function similarNames(names: readonly string[]): string | undefined {
  const groups = [...groupsBy(names, looseName)].map((group) => group.map(quoted).join(' and '));
  if (groups.length === 0) return undefined;
  return `names that differ only in case or blanks are different classes: ${groups.slice(0, 3).join('; ')}`;
}

/** The name, in quotes and escaped if it would break a line, or if its beginning or end could not be seen. */
export function quoted(name: string): string {
  if (!/^\s|\s$|\s\s|^$|[\p{Cc}\u2028\u2029]/u.test(name)) return name;
  const escaped = (text: string): string => `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(name).replace(/[\p{Cc}\u2028\u2029]/gu, escaped);
}

function looseName(name: string): string {
  return normalisedName(name).toLowerCase().replace(/\s+/g, ' ').trim();
}

function* groupsBy(names: readonly string[], key: (name: string) => string): Generator<string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) groups.set(key(name), [...(groups.get(key(name)) ?? []), name]);
  for (const group of groups.values()) if (group.length > 1) yield group;
}
