import { readFileSync } from 'node:fs';
import { parameters } from '../../../lib/notebook/parameters';
import { damaged, oneOf } from '../damage';
import { damagedJson } from '../damageJson';
import type { Target } from '../target';

const defaults = {
  epochs: 12,
  rate: 2e-3,
  teacher: 'resnet_24',
  seeds: [0, 1],
  networks: ['resnet_16', 'vit_64'],
  live: true,
};

/** Values of OFA_PROFILE (first line) and OFA_PARAMS (other lines). */
export const target: Target = {
  file: 'parameters.txt',
  make: (random) => {
    const profile = oneOf(random, [
      'laptop',
      'laptop',
      'smoke',
      'paper',
      '',
      'Laptop',
      '__proto__',
      'toString',
      'x'.repeat(3000),
    ]);
    const given = damagedJson(
      random,
      Object.fromEntries(Object.entries(defaults).filter(() => random.uniform() < 0.5)),
    );
    const text = random.uniform() < 0.3 ? damaged(random, Buffer.from(given)).toString() : given;
    return Buffer.from(`${profile}\n${text}`);
  },
  read: (file) => {
    const text = readFileSync(file, 'utf8');
    const end = text.indexOf('\n');
    const values = parameters(
      defaults,
      { smoke: { epochs: 1 } },
      { OFA_PROFILE: text.slice(0, end), OFA_PARAMS: text.slice(end + 1) },
    );
    for (const [name, standard] of Object.entries(defaults)) {
      const value: unknown = Object.entries(values).find(([known]) => known === name)?.[1];
      if (typeof value !== typeof standard || Array.isArray(value) !== Array.isArray(standard))
        throw new Error(`"${name}" became ${JSON.stringify(value)}`);
    }
    if (Object.keys(values).length !== Object.keys(defaults).length + 1)
      throw new Error(`parameters ${Object.keys(values).join()}`);
    return values;
  },
  place: /OFA_PARAMS|Unknown parameter|Unknown profile/,
};
