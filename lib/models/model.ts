import type { FileTensor } from '../io/safetensors/safetensors';
import type { Random } from '../tensor/random';
import type * as tf from '../tensor/engine/tf';
import type { Mode } from './layers/layers';
import type { Module } from './parameter';

/** A stage's feature: [batch, height, width, channels], or [batch, tokens, channels] (Swin's windows given as such tokens too). */
export type Feature = tf.Tensor4D | tf.Tensor3D;

export interface Output {
  /** [batch, classes] */
  readonly logits: tf.Tensor2D;
  /** The features at the ends of the four stages. */
  readonly stages: readonly [Feature, Feature, Feature, Feature];
  /** The penultimate feature, which the classifier reads. [batch, width] */
  readonly pooled: tf.Tensor2D;
}

/** How often a training pass leaves blocks out. */
export interface DropPath {
  /** The largest, in [0, 1); the network spreads it over its blocks. */
  readonly rate: number;
  /** Draws which examples go without which block. */
  readonly random: Random;
}

export interface Pass {
  readonly mode: Mode;
  /** Looked at in training alone; absent: every example passes every block. */
  readonly dropPath?: DropPath;
  /** Called with each block's output, in order; the feature is only valid during the call. */
  readonly tap?: (block: string, feature: tf.Tensor) => void;
}

/** What a stage of features looks like, as exit branches need to know. */
export type StageShape =
  | { readonly kind: 'spatial'; readonly channels: number; readonly size: number }
  | { readonly kind: 'tokens'; readonly channels: number; readonly grid: number; readonly classToken: boolean };

export interface Model extends Module {
  readonly name: string;
  readonly family: Family;
  readonly classes: number;
  /** Height and width of the images it takes. */
  readonly imageSize: number;
  /** Width of the penultimate feature. */
  readonly width: number;
  readonly stageShapes: readonly [StageShape, StageShape, StageShape, StageShape];
  /** Names of the blocks, in the order a forward pass taps them. */
  readonly blockNames: readonly string[];
  /** Path of the classifier's layer, whose size is the number of classes. */
  readonly headName: string;
  /** Renames and resizes stored tensors as timm does: names of its older versions, position embeddings of another image size. */
  adaptWeights?(stored: ReadonlyMap<string, FileTensor>): ReadonlyMap<string, FileTensor>;
  /** images [batch, height, width, 3], normalised. The caller tidies. */
  forward(images: tf.Tensor4D, pass: Pass): Output;
}

export type Family = 'cnn' | 'transformer' | 'mlp';
