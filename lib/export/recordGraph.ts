import { UserError } from '../errors';
import type { Exit } from '../methods/method';
import type { Model } from '../models/model';
import { parameters, type Module, type NamedParameter } from '../models/parameter';
import * as tf from '../tensor/engine/tf';
import { foldBatchNorm } from './onnx/foldBatchNorm';
import type { Graph, Port } from './onnx/graph';
import { withoutUnused } from './onnx/withoutUnused';
import { inputName, Recorder } from './recording/recorder';
import { onRecordingBackend, type Place } from './recording/recordingBackend';
import { channelsFirst } from './recording/value';

/** The exit branches of a network, with the modules that hold their parameters. */
export interface Exits {
  readonly exits: readonly Exit[];
  readonly modules: Module;
}

/** What a graph returns besides the logits. */
export interface GraphOptions extends Partial<Exits> {
  /** Also the output of each block, `block NAME`, with the axes of the network. Default: false. */
  readonly blocks?: boolean;
}

/**
 * Records the evaluation of a network as a graph from images [batch, 3, height, width] to `logits`, and to
 * `exit1`, … for the exit branches of these stages. The size of the batch is free. Throws a UserError that names the
 * block and the op if an op cannot be translated.
 */
export function recordGraph(model: Model, { exits = [], modules = {}, blocks = false }: GraphOptions = {}): Graph {
  const named = [...parameters(model), ...parameters(modules, 'exits.')];
  const recorder = new Recorder(batchSize(model, named));
  const names = new Map(named.map(([name, { variable }]) => [variable.dataId, name] as const));
  const place: Place = { block: firstBlock(model), parameter: '' };
  const { imageSize: size } = model;
  const outputs = onRecordingBackend(recorder, names, place, (backend) => {
    const { dataId, shape, dtype } = backend.tensorOf({
      kind: 'computed',
      name: inputName,
      shape: [recorder.batch, size, size, 3],
      order: channelsFirst,
    });
    const images = tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as tf.Tensor4D;
    const recorded: Output[] = [];
    const add = (name: string, tensor: tf.Tensor): void => {
      const value = recorder.plain(backend.recordedValue(tensor));
      recorded.push({ value, port: { name, shape: ['batch', ...tensor.shape.slice(1)] } });
    };
    const output = model.forward(images, {
      mode: 'eval',
      tap: (block, feature) => {
        if (blocks) add(`block ${block}`, feature);
        place.block = blockAfter(model, block);
      },
    });
    add('logits', output.logits);
    for (const exit of exits) {
      place.block = exit.name;
      add(`exit${exit.stage}`, exit.logits(output, 'eval'));
    }
    return recorded;
  });
  const graph: Graph = {
    name: model.name,
    inputs: [{ name: inputName, shape: ['batch', 3, size, size] }],
    outputs: outputs.map(({ port }) => port),
    nodes: [
      ...recorder.nodes,
      ...outputs.map(({ port, value }) => ({ op: 'Identity', inputs: [value], outputs: [port.name], attributes: {} })),
    ],
    weights: recorder.weights,
  };
  return foldBatchNorm(withoutUnused(graph));
}

/** A recorded value, and the output of the graph that it becomes. */
interface Output {
  readonly value: string;
  readonly port: Port;
}

/** Primes, of which one divides no dimension of the network. */
const primes = [1009, 1013, 1019, 1021, 1031];

function batchSize(model: Model, named: readonly NamedParameter[]): number {
  const dimensions = new Set([model.classes, model.imageSize, ...named.flatMap(([, { value }]) => value.shape)]);
  const prime = primes.find((each) => [...dimensions].every((size) => size % each !== 0));
  if (prime === undefined)
    throw new UserError(`${model.name} has layers whose sizes are multiples of ${primes.join(', ')}. Change one size.`);
  return prime;
}

function firstBlock(model: Model): string {
  return `${model.name}, before ${model.blockNames[0] ?? 'its first block'},`;
}

function blockAfter({ name, blockNames }: Model, block: string): string {
  const next = blockNames[blockNames.indexOf(block) + 1];
  return next === undefined ? `${name}, after ${block},` : `${next} of ${name}`;
}
