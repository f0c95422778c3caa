import { hsicOfCentred, uCentre } from '../../../lib/similarity/hsic';

/** If a layer's HSIC with itself is smaller than this fraction of its squared magnitude, the layer is constant. */
const constantLimit = 1e-12;

/** The features of some blocks of a network, for a set of images that grows. */
export class GrowingFeatures {
  private readonly features = new Map<string, Float32Array[]>();
  private readonly products = new Map<string, number[][]>();

  constructor(readonly blocks: readonly string[]) {
    for (const block of blocks) {
      this.features.set(block, []);
      this.products.set(block, []);
    }
  }

  get images(): number {
    return this.features.get(this.blocks[0]!)!.length;
  }

  /** Adds the features of one image: the flattened output of each block. */
  add(features: ReadonlyMap<string, Float32Array>): void {
    for (const block of this.blocks) {
      const feature = features.get(block);
      if (!feature) throw new Error(`The features of ${block} are missing`);
      const before = this.features.get(block)!;
      before.push(feature);
      this.products.get(block)!.push(before.map((other) => dot(feature, other)));
    }
  }

  /** The U-centred Gram matrix of each block, for its first `n` images; undefined for a constant block. */
  centred(n: number): (Float64Array | undefined)[] {
    return this.blocks.map((block) => {
      const lower = this.products.get(block)!;
      const gram = new Float64Array(n * n);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) gram[i * n + j] = gram[j * n + i] = lower[i]![j]!;
      const values = uCentre(gram, n);
      return dot(values, values) > constantLimit ** 2 * dot(gram, gram) ? values : undefined;
    });
  }
}

/**
 * CKA of every pair of blocks by the unbiased HSIC, on all images that both networks have seen; null for a constant
 * block. Needs four images. Equals `compareModels` of `lib/similarity` on one batch of these images.
 */
export function ckaGrid(rows: GrowingFeatures, columns: GrowingFeatures): (number | null)[][] {
  const n = Math.min(rows.images, columns.images);
  const left = rows.centred(n);
  const right = rows === columns ? left : columns.centred(n);
  const [ownLeft, ownRight] = [left, right].map((grams) => grams.map((one) => (one ? hsicOfCentred(one, one, n) : 0)));
  return left.map((k, i) =>
    right.map((l, j) => {
      const own = Math.sqrt(ownLeft![i]!) * Math.sqrt(ownRight![j]!);
      return k && l && own > 0 ? hsicOfCentred(k, l, n) / own : null;
    }),
  );
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
