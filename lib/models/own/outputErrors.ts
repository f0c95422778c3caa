import { scoped } from '../../tensor/engine/scoped';
import * as tf from '../../tensor/engine/tf';
import type { Mode, Model } from '../model';
import { parameters } from '../parameter';
import { explained } from './explained';

/** Values by the name of an output (`logits`, `pooled`, `stage 1` to `stage 4`) or of a buffer. */
type Values = ReadonlyMap<string, Float32Array>;

/**
 * Lists what is wrong with the outputs of a network for images [batch, imageSize, imageSize, 3]: values that are not
 * finite, random outputs, outputs that depend on other images of the batch, and effects of the mode. Training passes
 * update the running averages of the network.
 */
export function outputErrors(model: Model, images: tf.Tensor4D): string[] {
  const batch = images.shape[0];
  const first = tf.slice(images, 0, 1);
  const tensors = tf.memory().numTensors;
  const initial = buffersOf(model);
  const evaluated = valuesOf(model, images, 'eval');
  const evaluatedAgain = valuesOf(model, images, 'eval');
  const evaluatedAlone = valuesOf(model, first, 'eval');
  const afterEvaluation = buffersOf(model);
  const trained = valuesOf(model, images, 'train');
  const afterTraining = buffersOf(model);
  const trainedAgain = valuesOf(model, images, 'train');
  const kept = tf.memory().numTensors - tensors;
  first.dispose();

  const random = differences(evaluated, evaluatedAgain);
  const averages = [...initial.keys()].filter((name) => /(^|\.)running_(mean|var)$/.test(name));
  const updated = differences(afterEvaluation, afterTraining);
  return [
    ...notFinite(evaluated).map((name) => `${name}: NaN or infinite at evaluation`),
    ...notFinite(trained).map((name) => `${name}: NaN or infinite in training`),
    ...random.map((name) => `${name}: two evaluations of the same images differ`),
    ...differences(evaluatedAlone, firstShare(evaluated, batch))
      .filter((name) => !random.includes(name))
      .map((name) => `${name}: at evaluation, the output of an image depends on the other images of its batch`),
    ...differences(initial, afterEvaluation).map((name) => `${name}: evaluation changes this buffer; pass the mode on`),
    ...averages
      .filter((name) => !updated.includes(name))
      .map((name) => `${name}: training does not update this running average; pass the mode on`),
    ...differences(trained, trainedAgain).map(
      (name) => `${name}: two training passes differ; draw random numbers from dropPath.random of the pass only`,
    ),
    ...(initial.size > 0 ? [] : differences(evaluated, trained).filter((name) => !random.includes(name))).map(
      (name) => `${name}: training differs from evaluation, although the network has no running averages`,
    ),
    ...(isConstant(evaluated.get('logits')!, batch) ? ['logits: they are the same for different images'] : []),
    ...(kept > 0
      ? [`forward: it leaves ${kept} tensors undisposed; create weights in create, and keep no tensor`]
      : []),
  ];
}

function valuesOf(model: Model, images: tf.Tensor4D, mode: Mode): Values {
  return scoped(() => {
    const output = explained(model.name, `forward in ${mode} mode`, () => model.forward(images, { mode }));
    const { logits, pooled, stages } = output;
    const outputs: (readonly [string, tf.Tensor])[] = [
      ['logits', logits],
      ['pooled', pooled],
      ...stages.map((stage, i) => [`stage ${i + 1}`, stage] as const),
    ];
    return new Map(outputs.map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]));
  });
}

function buffersOf(model: Model): Values {
  const buffers = parameters(model).filter(([, { trainable }]) => !trainable);
  return new Map(buffers.map(([name, { value }]) => [name, Float32Array.from(value.dataSync())]));
}

/** The names of values that differ by more than rounding. NaN equals NaN here: it is reported by itself. */
function differences(a: Values, b: Values): string[] {
  return [...a].flatMap(([name, values]) => {
    const others = b.get(name)!;
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    return values.some((value, i) => Math.abs(value - others[i]!) > 1e-4 * largest) ? [name] : [];
  });
}

/** The values of the first of `batch` images. */
function firstShare(values: Values, batch: number): Values {
  return new Map([...values].map(([name, all]) => [name, all.subarray(0, all.length / batch)]));
}

function notFinite(values: Values): string[] {
  return [...values].filter(([, each]) => !each.every(Number.isFinite)).map(([name]) => name);
}

function isConstant(logits: Float32Array, batch: number): boolean {
  const classes = logits.length / batch;
  return logits.every((value, i) => value === logits[i % classes]);
}
