/** The name of several networks together. */
export function ensembleName(names: readonly string[]): string {
  return names.join(' + ');
}
