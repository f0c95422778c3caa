import { UserError, unknownName } from '../errors';
import type * as tf from '../tensor/engine/tf';
import { centredGram, type CentredGram } from './gram';
import { calibratedGrid, type CalibratedGrid } from './calibration';
import { permutedProducts } from './permutedProducts';
import { hsicOfCentred } from './hsic';
import type { Order } from '../tensor/ops/permutedProducts/permutedPositions';

/** Similarities of all layers of one model (rows) with all layers of another (columns); null if undefined. */
export interface Similarities {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | null)[])[];
}

/**
 * Linear CKA of every pair of layers, estimated from minibatches (Nguyen et al. 2021, section 3.1): the unbiased
 * HSIC₁(K, L) is averaged over batches, then CKA = HSIC(K, L) / √(HSIC(K, K) · HSIC(L, L)). It is 1 for equal layers,
 * does not change if features are scaled, shifted or rotated, and can be slightly negative for unrelated ones. A
 * constant layer has no CKA: its cells are null. Each layer's Gram matrix is computed once per batch, whatever the
 * number of pairs.
 */
export class MinibatchCka {
  private readonly cross: Float64Array;
  private readonly ownRows: Float64Array;
  private readonly ownColumns: Float64Array;
  /** One sum for each permutation, like `cross`. */
  private readonly permutedCross: readonly Float64Array[];

  constructor(
    private readonly rows: readonly string[],
    private readonly columns: readonly string[],
    /** Permutations of each batch's examples, for `calibrated`. */
    permutations = 0,
  ) {
    this.cross = new Float64Array(rows.length * columns.length);
    this.ownRows = new Float64Array(rows.length);
    this.ownColumns = new Float64Array(columns.length);
    this.permutedCross = Array.from({ length: permutations }, () => new Float64Array(rows.length * columns.length));
  }

  /**
   * Adds a batch of at least 4 examples: the features [batch, ...] of each layer by its name. Throws a UserError if a
   * layer is missing, if layers have different numbers of examples, or for NaN and infinity.
   */
  add(rowFeatures: Readonly<Record<string, tf.Tensor>>, columnFeatures: Readonly<Record<string, tf.Tensor>>): void {
    const grams = (names: readonly string[], features: Readonly<Record<string, tf.Tensor>>): CentredGram[] =>
      names.map((name) => {
        const feature = features[name];
        if (!feature) throw unknownName('layer', name, Object.keys(features));
        return centredGram(feature, name);
      });
    const rows = grams(this.rows, rowFeatures);
    this.addGrams(
      rows,
      rowFeatures === columnFeatures && this.rows === this.columns ? rows : grams(this.columns, columnFeatures),
    );
  }

  /**
   * The same from Gram matrices in the order of the names, for features that are disposed during the forward pass. For
   * calibration, with as many orders of the batch's examples as there are permutations.
   */
  addGrams(rows: readonly CentredGram[], columns: readonly CentredGram[], orders: readonly Order[] = []): void {
    if (orders.length !== this.permutedCross.length)
      throw new Error(`${orders.length} orders were given for ${this.permutedCross.length} permutations`);
    if (rows.length !== this.rows.length || columns.length !== this.columns.length)
      throw new UserError(
        `CKA of ${this.rows.length} × ${this.columns.length} layers was given Gram matrices of ` +
          `${rows.length} × ${columns.length} layers.`,
      );
    const n = rows[0]?.examples ?? 0;
    if ([...rows, ...columns].some(({ examples }) => examples !== n))
      throw new UserError(
        'CKA: the layers of this batch have different numbers of examples. Compute all of them from the same images.',
      );
    rows.forEach(({ values: k }, i) => {
      this.ownRows[i] += hsicOfCentred(k, k, n);
      columns.forEach(({ values: l }, j) => {
        this.cross[i * this.columns.length + j] += hsicOfCentred(k, l, n);
      });
    });
    columns.forEach(({ values: l }, j) => {
      this.ownColumns[j] += hsicOfCentred(l, l, n);
    });
    if (orders.length > 0) this.addPermuted(rows, columns, orders);
  }

  /** Returns the similarities over all batches so far. */
  result(): Similarities {
    return { rows: this.rows, columns: this.columns, values: this.ratios(this.cross) };
  }

  /**
   * The similarities so far, calibrated by permuting the column layers' examples within each batch. Throws a UserError
   * for too few permutations (`calibratedGrid`).
   */
  calibrated(alpha?: number): CalibratedGrid {
    return calibratedGrid(
      this.ratios(this.cross),
      this.permutedCross.map((cross) => this.ratios(cross)),
      alpha,
    );
  }

  /** A permutation changes the HSIC of two layers, but not that of a layer with itself. */
  private ratios(cross: Float64Array): (number | null)[][] {
    return this.rows.map((_, i) =>
      this.columns.map((__, j) => {
        const own = Math.sqrt(this.ownRows[i]!) * Math.sqrt(this.ownColumns[j]!);
        return own > 0 ? cross[i * this.columns.length + j]! / own : null;
      }),
    );
  }

  private addPermuted(rows: readonly CentredGram[], columns: readonly CentredGram[], orders: readonly Order[]): void {
    const [left, right] = [rows, columns].map((grams) => grams.map(({ values }) => values));
    const n = orders[0]!.length;
    permutedProducts(left!, right!, orders).forEach((products, k) => {
      const sums = this.permutedCross[k]!;
      products.forEach((row, i) =>
        row.forEach((product, j) => {
          sums[i * this.columns.length + j] += (2 * product) / (n * (n - 3));
        }),
      );
    });
  }
}
