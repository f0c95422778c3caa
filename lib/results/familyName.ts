import type { Family } from '../models/model';

const names: Readonly<Record<Family, string>> = { cnn: 'CNN', transformer: 'transformer', mlp: 'MLP' };

/** The name of an architecture family in tables and answers: `CNN` for `cnn`. */
export function familyName(family: string): string {
  return isFamily(family) ? names[family] : family;
}

function isFamily(family: string): family is Family {
  return Object.hasOwn(names, family);
}
