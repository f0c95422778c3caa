import { z } from 'zod';
import { schemaErrors, UserError } from '../../errors';
import * as tf from '../../tensor/engine/tf';
import { scoped } from '../../tensor/engine/scoped';
import type { Random } from '../../tensor/random';
import type { Family, Model, ModelSize, Output, Pass } from '../model';
import type { Module } from '../parameter';
import { explained } from './explained';
import type { Network } from './network';
import { outputShapes } from './outputShapes';
import { allVariables, variablesSince } from './variables';

/** A network as its author writes it. */
export interface NetworkDefinition {
  /** Its name in recipes, commands and records. A network of this library must not have it. */
  readonly name: string;
  /** Decides the published recipe that `distil` adapts. */
  readonly family: Family;
  /** Default height and width of the images in pixels. */
  readonly imageSize: number;
  /**
   * Creates the layers. All random numbers come from `random`: `random.fork(path)` gives each layer its own stream.
   */
  create(size: Required<ModelSize>, random: Random): NetworkParts;
}

/** What `create` of a network returns. */
export interface NetworkParts {
  /** The layers by name. The path of a weight in this object is its name in weights files and checkpoints. */
  readonly modules: Module;
  /** Path of the classifier, the only layer whose shape depends on the number of classes. Default: `head`. */
  readonly headName?: string;
  /**
   * Computes logits and features of normalised images [batch, imageSize, imageSize, 3], as `Model.forward`. If it does
   * not call `tap`, its four stages are its blocks.
   */
  forward(images: tf.Tensor4D, pass: Pass): Output;
  /** Converts the tensors of a weights file before they are loaded. Default: no conversion. */
  readonly adaptWeights?: Model['adaptWeights'];
}

/** Checks what TypeScript checks in a project, for files and notebook cells without type checks. */
const definitionSchema = z.object({
  name: z.string().min(1),
  family: z.enum(['cnn', 'transformer', 'mlp']),
  imageSize: z.number().int().positive(),
  create: z.function(),
});

type SizedModel = Omit<Model, 'name' | 'family' | 'classes' | 'imageSize'>;

/** Fields of a model, which layers cannot have as their names. */
const modelFields: readonly string[] = [
  ...['name', 'family', 'classes', 'imageSize', 'width', 'stageShapes', 'blockNames', 'headName'],
  ...['adaptWeights', 'forward'],
];

const stageBlocks = ['stage1', 'stage2', 'stage3', 'stage4'];

/**
 * Makes a network of its definition. Its width, stage shapes and block names are read from a forward pass of two blank
 * images. `checkNetwork` tests everything else that training expects. Throws a UserError that lists invalid fields.
 */
export function defineNetwork(definition: NetworkDefinition): Network {
  const checked = definitionSchema.safeParse(definition);
  if (!checked.success) {
    const errors = schemaErrors(checked.error, definition).join('; ');
    throw new UserError(`defineNetwork: ${errors}. Give name, family, imageSize and create.`);
  }
  const { name, family, imageSize } = definition;
  return {
    kind: 'network',
    name,
    imageSize,
    code: definition.create.toString(),
    create(given, random) {
      const size = { classes: given.classes, imageSize: given.imageSize ?? imageSize };
      const before = allVariables();
      try {
        return { ...sizedModel(definition, size, random), name, family, ...size };
      } catch (error) {
        tf.dispose(variablesSince(before));
        throw error;
      }
    },
  };
}

function sizedModel(definition: NetworkDefinition, size: Required<ModelSize>, random: Random): SizedModel {
  const { name } = definition;
  const parts = explained(name, 'create', () => definition.create(size, random));
  const { modules, headName = 'head', adaptWeights } = checkedParts(name, parts);
  const taps: string[] = [];
  const shapes = scoped(() => {
    const images = tf.zeros<tf.Rank.R4>([2, size.imageSize, size.imageSize, 3]);
    const pass: Pass = { mode: 'eval', tap: (block) => taps.push(block) };
    const output = explained(name, 'forward', () => parts.forward(images, pass));
    return outputShapes(output, 2, size.classes);
  });
  if (Array.isArray(shapes)) {
    const what = `Network ${name} has wrong outputs for 2 images of ${size.imageSize} px and ${size.classes} classes:`;
    throw new UserError([what, ...shapes].join('\n  '));
  }
  return {
    ...modules,
    ...shapes,
    headName,
    blockNames: taps.length > 0 ? taps : stageBlocks,
    forward: (images, pass) => {
      const output = parts.forward(images, pass);
      if (taps.length === 0) output.stages.forEach((stage, i) => pass.tap?.(stageBlocks[i]!, stage));
      return output;
    },
    ...(adaptWeights && { adaptWeights }),
  };
}

/** Returns the parts if they have the right kinds, and names that layers can have. */
function checkedParts(name: string, parts: NetworkParts | undefined): NetworkParts {
  if (typeof parts?.forward !== 'function' || !isObject(parts.modules)) {
    throw new UserError(
      `Network ${name}: create must return { modules, forward }. Return the layers and the function.`,
    );
  }
  const taken = Object.keys(parts.modules).filter((field) => modelFields.includes(field));
  if (taken.length === 0) return parts;
  throw new UserError(`Network ${name} has a layer named ${taken[0]!}, which names another field. Rename the layer.`);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
