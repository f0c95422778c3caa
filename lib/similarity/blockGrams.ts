import { Inference } from '../models/inference';
import type { Model } from '../models/model';
import { defaultInferenceMode } from '../tensor/engine/compileMode';
import * as tf from '../tensor/engine/tf';
import { centred, centredGram, gramOf, type CentredGram } from './gram';

/** Computes the Gram matrices of blocks of a network, batch by batch. The caller disposes of it. */
export class BlockGrams {
  /** In the order of the forward pass. */
  private readonly blocks: readonly string[];
  /** The forward pass and all products as one compiled function. Undefined if networks run op by op. */
  private readonly products?: Inference;

  constructor(
    readonly model: Model,
    blocks: ReadonlySet<string>,
    mode = defaultInferenceMode(),
  ) {
    this.blocks = model.blockNames.filter((name) => blocks.has(name));
    if (mode !== 'off') this.products = new Inference(model, (images) => this.productsOf(images), mode);
  }

  /** The Gram matrix of each block on normalised images [batch, height, width, 3]. */
  grams(images: tf.Tensor4D): ReadonlyMap<string, CentredGram> {
    return this.compiledGrams(images) ?? this.gramsInTurn(images);
  }

  dispose(): void {
    this.products?.dispose();
  }

  /** Each Gram matrix is computed during the forward pass, when the block's feature is available. */
  private gramsInTurn(images: tf.Tensor4D): Map<string, CentredGram> {
    const grams = new Map<string, CentredGram>();
    tf.tidy(() =>
      this.forward(images, (block, feature) => grams.set(block, centredGram(feature, `${this.model.name} ${block}`))),
    );
    return grams;
  }

  /** Undefined if the product of a block is not accurate enough, so that its features are needed. */
  private compiledGrams(images: tf.Tensor4D): Map<string, CentredGram> | undefined {
    if (!this.products || images.shape[0] < 4) return undefined;
    const products = this.products.run(images);
    const grams = products.map((product) => centred(product.dataSync(), images.shape[0]));
    tf.dispose(products);
    const accurate = grams.flatMap((gram, i) => (gram ? [[this.blocks[i]!, gram] as const] : []));
    return accurate.length === this.blocks.length ? new Map(accurate) : undefined;
  }

  private productsOf(images: tf.Tensor4D): tf.Tensor[] {
    const products = new Map<string, tf.Tensor2D>();
    this.forward(images, (block, feature) => products.set(block, gramOf(feature)));
    return this.blocks.map((block) => products.get(block)!);
  }

  private forward(images: tf.Tensor4D, use: (block: string, feature: tf.Tensor) => void): void {
    const chosen = new Set(this.blocks);
    this.model.forward(images, {
      mode: 'eval',
      tap: (block, feature) => {
        if (chosen.has(block)) use(block, feature);
      },
    });
  }
}
