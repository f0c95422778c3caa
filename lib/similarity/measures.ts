import { UserError, unknownName } from '../errors';
import { calibrate, type CalibratedGrid, type CalibrationOptions } from './calibration';
import { cknna } from './cknna';
import type { ExampleGram } from './exampleGram';
import { biasedCka, unbiasedCka } from './linearCka';
import { checkSameExamples, prepare, type Measure } from './measure';
import { mutualKnn } from './mutualKnn';
import { procrustes } from './procrustes';
import { rbfCka } from './rbfCka';
import { rsa } from './rsa';

/** A measure by name, with its option bound. */
export interface NamedMeasure {
  /** Such as `knn:5`. */
  readonly id: string;
  /** For headings, such as `Mutual kNN (k = 5)`. */
  readonly name: string;
  readonly minExamples: number;
  /** Similarities of all rows with all columns, calibrated by permutation. Throws as `prepare` and `calibrate` do. */
  compare(
    rows: readonly ExampleGram[],
    columns: readonly ExampleGram[],
    options: CalibrationOptions,
  ): Promise<CalibratedGrid>;
}

/** The measures over all images at once, by name. Those with an option take it after a colon. */
const factories: Readonly<Record<string, (id: string, option?: number) => NamedMeasure>> = {
  cka: (id) => named(id, unbiasedCka),
  'biased-cka': (id) => named(id, biasedCka),
  'rbf-cka': (id, width) => named(id, rbfCka(width)),
  knn: (id, k) => named(id, mutualKnn(k)),
  cknna: (id, k) => named(id, cknna(k)),
  rsa: (id) => named(id, rsa),
  procrustes: (id) => named(id, procrustes),
};

const withOption = ['rbf-cka', 'knn', 'cknna'];

export const measureNames: readonly string[] = Object.keys(factories);

/**
 * The measure of a text such as `cka`, `knn` (k = 10), `knn:5` or `rbf-cka:0.5`. Throws a UserError for an unknown
 * name, and for an option that is not a number or that the measure does not take.
 */
export function measureNamed(text: string): NamedMeasure {
  const [name = '', option] = text.split(':', 2);
  const factory = factories[name];
  if (!factory) throw unknownName('similarity measure', name, measureNames);
  if (option === undefined) return factory(text);
  const value = Number(option);
  if (option.trim() === '' || !Number.isFinite(value) || !withOption.includes(name))
    throw new UserError(
      `Similarity measure "${text}": "${option}" is not an option of ${name}. ` +
        'knn and cknna take a number of neighbours (knn:5), rbf-cka a width (rbf-cka:0.5), the others nothing.',
    );
  return factory(text, value);
}

function named<Prepared>(id: string, measure: Measure<Prepared>): NamedMeasure {
  const { name, minExamples } = measure;
  return {
    id,
    name,
    minExamples,
    compare: async (rows, columns, options) => {
      const [first] = [...rows, ...columns];
      for (const gram of [...rows, ...columns]) checkSameExamples(name, first!, gram);
      const [a, b] = [rows, columns].map((grams) => grams.map((gram) => prepare(measure, gram)));
      return calibrate(measure, a!, b!, options);
    },
  };
}
