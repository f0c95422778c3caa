import type { FileTensor } from '../io/safetensors/safetensors';
import type * as tf from '../tensor/engine/tf';
import type { Draw } from '../tensor/engine/trace';
import type { Random } from '../tensor/random';
import type { Module } from './parameter';

/**
 * `train`: batch normalisation uses the statistics of the batch and updates its running averages; blocks may be
 * dropped. `eval`: it uses the running averages; nothing is dropped.
 */
export type Mode = 'train' | 'eval';

/**
 * The feature of a stage: [batch, height, width, channels] of a CNN, [batch, tokens, channels] of the other families.
 */
export type Feature = tf.Tensor4D | tf.Tensor3D;

/** What a forward pass returns. */
export interface Output {
  /** [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** The features at the ends of the four stages. */
  readonly stages: readonly [Feature, Feature, Feature, Feature];
  /** The penultimate feature, which the classifier reads: [batch, width]. */
  readonly pooled: tf.Tensor2D;
}

/** Stochastic depth: how often a training pass leaves out a block's residual. */
export interface DropPath {
  /** The highest drop rate of a block, in [0, 1). Each network spreads it over its blocks by a schedule. */
  readonly rate: number;
  /** Makes the tensors that are drawn from the random numbers of this pass. */
  readonly draw: Draw<{ readonly random: Random }>;
}

/** The options of a forward pass. */
export interface Pass {
  readonly mode: Mode;
  /** Used in `train` mode only. Default: no block is dropped. */
  readonly dropPath?: DropPath;
  /** Called with the output of each block, in order. The feature may be disposed after the call. */
  readonly tap?: (block: string, feature: tf.Tensor) => void;
}

/**
 * The shape of a stage's feature, without the batch. `size` and `grid` are the side of the square grid of positions.
 */
export type StageShape =
  | { readonly kind: 'spatial'; readonly channels: number; readonly size: number }
  | { readonly kind: 'tokens'; readonly channels: number; readonly grid: number; readonly classToken: boolean };

/** An image classifier with four stages. */
export interface Model extends Module {
  readonly name: string;
  readonly family: Family;
  readonly classes: number;
  /** Height and width of its images in pixels. */
  readonly imageSize: number;
  /** Width of the penultimate feature. */
  readonly width: number;
  readonly stageShapes: readonly [StageShape, StageShape, StageShape, StageShape];
  /** Names of the blocks in the order in which a forward pass calls `tap`. */
  readonly blockNames: readonly string[];
  /** Path of the classifier, the only layer whose shape depends on the number of classes. */
  readonly headName: string;
  /**
   * Converts the tensors of a weights file before they are loaded, as timm does: renames those of older timm versions
   * and resizes position embeddings of another image size.
   */
  adaptWeights?(stored: ReadonlyMap<string, FileTensor>): ReadonlyMap<string, FileTensor>;
  /**
   * Computes logits and features of normalised images [batch, height, width, 3]. The caller wraps the call in
   * `tf.tidy`. Networks of tokens throw a UserError if the images do not have the size `imageSize`.
   */
  forward(images: tf.Tensor4D, pass: Pass): Output;
}

export type Family = 'cnn' | 'transformer' | 'mlp';

/** What a network is created for. */
export interface ModelSize {
  readonly classes: number;
  /** Height and width of the images in pixels. Default: the network's own. */
  readonly imageSize?: number;
}
