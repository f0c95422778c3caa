import type { FileTensor } from '../../io/safetensors/safetensors';
import * as tf from '../../tensor/engine/tf';
import { fusedTransformerBlock } from '../../tensor/ops/blocks/transformerBlock/transformerBlock';
import type { Random } from '../../tensor/random';
import { normal } from '../initialisers';
import { Attention } from '../layers/attention';
import { addFusedResidual, type Drop } from '../layers/dropPath';
import { LayerNorm } from '../layers/layerNorm';
import { Linear } from '../layers/linear';
import { Mlp } from '../layers/mlp';
import { PatchEmbed } from '../layers/patchEmbed';
import type { Model, Output, Pass } from '../model';
import { Parameter } from '../parameter';
import { resizePositionEmbedding } from '../weights/positionEmbedding';
import { checkImageSize, patchGrid } from './imageSize';
import { blockNames, runTokenBlocks, tokenStages } from './tokenStages';

export interface VisionTransformerOptions {
  readonly imageSize: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
}

/** A pre-norm transformer block: x + attention(norm(x)), then x + MLP(norm(x)). [batch, tokens, width] → the same. */
export class TransformerBlock {
  readonly norm1: LayerNorm;
  readonly attn: Attention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor(
    width: number,
    heads: number,
    epsilon: number,
    random: Random,
    { qkvBias = true }: { qkvBias?: boolean } = {},
  ) {
    this.norm1 = new LayerNorm(width, epsilon);
    this.attn = new Attention(width, heads, random.fork('attn'), { qkvBias });
    this.norm2 = new LayerNorm(width, epsilon);
    this.mlp = new Mlp(width, 4 * width, random.fork('mlp'));
  }

  apply(x: tf.Tensor3D, drop?: Drop): tf.Tensor3D {
    const fused = drop ? undefined : this.applyFused(x);
    if (fused) return fused;
    const { norm1, attn, norm2, mlp } = this;
    const attended = addFusedResidual(x, (to) => attn.apply(norm1.apply(x), to), drop);
    return addFusedResidual(attended, (to) => mlp.apply(norm2.apply(attended), to), drop);
  }

  private applyFused(x: tf.Tensor3D): tf.Tensor3D | undefined {
    const { norm1, attn, norm2, mlp } = this;
    return fusedTransformerBlock(
      x,
      {
        norm1: norm1.values,
        qkv: attn.qkv.values,
        proj: attn.proj.values,
        norm2: norm2.values,
        fc1: mlp.fc1.values,
        fc2: mlp.fc2.values,
      },
      { heads: attn.heads, epsilon: norm1.epsilon, precision: attn.qkv.weight.precision },
    );
  }
}

/**
 * Vision transformer with a class token (Dosovitskiy et al. 2021), timm's `vision_transformer`. DeiT without a
 * distillation token (Touvron et al. 2021) is the same network.
 */
export class VisionTransformer implements Model {
  readonly family = 'transformer';
  readonly headName = 'head';
  readonly imageSize: number;
  readonly width: number;
  readonly stageShapes: Model['stageShapes'];
  readonly blockNames: readonly string[];
  readonly clsToken: Parameter<tf.Rank.R3>;
  readonly posEmbed: Parameter<tf.Rank.R3>;
  readonly patchEmbed: PatchEmbed;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(
    readonly name: string,
    readonly classes: number,
    { imageSize, patch, width, depth, heads }: VisionTransformerOptions,
    random: Random,
  ) {
    const grid = patchGrid(name, imageSize, patch);
    this.imageSize = imageSize;
    this.width = width;
    this.stageShapes = tokenStages(width, grid, true);
    this.blockNames = blockNames(depth);
    this.clsToken = new Parameter(normal<tf.Rank.R3>([1, 1, width], 1e-6, random.fork('cls')), 'plain');
    this.posEmbed = new Parameter(
      normal<tf.Rank.R3>([1, 1 + grid * grid, width], 0.02, random.fork('position')),
      'plain',
    );
    this.patchEmbed = new PatchEmbed(patch, width, random.fork('patch'));
    this.blocks = this.blockNames.map((block) => new TransformerBlock(width, heads, 1e-6, random.fork(block)));
    this.norm = new LayerNorm(width, 1e-6);
    this.head = new Linear(width, classes, random.fork('head'));
  }

  /** Resizes the position embedding of another image size, as timm does. */
  adaptWeights(stored: ReadonlyMap<string, FileTensor>): ReadonlyMap<string, FileTensor> {
    const embedding = stored.get('pos_embed');
    return embedding
      ? new Map(stored).set(
          'pos_embed',
          resizePositionEmbedding(embedding, Math.sqrt(this.posEmbed.value.shape[1] - 1)),
        )
      : stored;
  }

  forward(images: tf.Tensor4D, pass: Pass): Output {
    checkImageSize(this, images);
    const batch = images.shape[0];
    // Not tf.tile, whose gradient takes one slice per example.
    const classToken = tf.add(tf.zeros<tf.Rank.R3>([batch, 1, this.width]), this.clsToken.value);
    const tokens = tf.add<tf.Tensor3D>(tf.concat([classToken, this.patchEmbed.apply(images)], 1), this.posEmbed.value);
    const { x, stages } = runTokenBlocks(tokens, this.blocks, pass);
    // Only the class token is normalised: the norm acts on each token separately, and the others are not read.
    const pooled = this.norm.apply(
      tf.reshape<tf.Rank.R2>(tf.slice(x, [0, 0, 0], [batch, 1, this.width]), [batch, this.width]),
    );
    return { logits: this.head.apply(pooled), stages, pooled };
  }
}

/** The networks for images of 32 pixels are our own, for the `laptop` profile; the others are timm's. */
export const visionTransformers = {
  vit_64: { imageSize: 32, patch: 4, width: 64, depth: 4, heads: 4 },
  vit_96: { imageSize: 32, patch: 4, width: 96, depth: 6, heads: 4 },
  vit_128: { imageSize: 32, patch: 4, width: 128, depth: 8, heads: 4 },
  vit_tiny_patch16_224: { imageSize: 224, patch: 16, width: 192, depth: 12, heads: 3 },
  vit_small_patch32_224: { imageSize: 224, patch: 32, width: 384, depth: 12, heads: 6 },
  vit_small_patch16_224: { imageSize: 224, patch: 16, width: 384, depth: 12, heads: 6 },
  vit_base_patch32_224: { imageSize: 224, patch: 32, width: 768, depth: 12, heads: 12 },
  vit_base_patch16_224: { imageSize: 224, patch: 16, width: 768, depth: 12, heads: 12 },
  vit_large_patch16_224: { imageSize: 224, patch: 16, width: 1024, depth: 24, heads: 16 },
  deit_tiny_patch16_224: { imageSize: 224, patch: 16, width: 192, depth: 12, heads: 3 },
  deit_small_patch16_224: { imageSize: 224, patch: 16, width: 384, depth: 12, heads: 6 },
  deit_base_patch16_224: { imageSize: 224, patch: 16, width: 768, depth: 12, heads: 12 },
} satisfies Record<string, VisionTransformerOptions>;
