import * as tf from '../../../tensor/engine/tf';
import { channelsFirst, identityOrder, type Value } from '../value';
import { fourSizes, padOf } from './products';
import { int, ints, type Call, type Translator } from './translator';

/** Ops that combine elements: means, norms, softmax and pooling. */
export const reductions: Readonly<Record<string, Translator>> = {
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Sum: reduction('ReduceSum'),
  Softmax: alongAxis('Softmax', 'logits', 'dim'),
  LogSoftmax: alongAxis('LogSoftmax', 'logits', 'axis'),
  LayerNorm: ({ recorder, inputs, attributes }) => {
    const { x, scale, offset } = inputs;
    const names = [x!, scale!, offset!].map((value) => recorder.plain(value));
    const name = recorder.node('LayerNormalization', names, {
      axis: { int: -1 },
      epsilon: { float: int(attributes, 'epsilon') },
    });
    return { kind: 'computed', name, shape: x!.shape, order: identityOrder(x!.shape.length) };
  },
  FusedBatchNorm: ({ recorder, inputs, attributes }) => {
    const { x, scale, offset, mean, variance } = inputs;
    const parameters = [scale, offset, mean, variance].map((value) => recorder.plain(value!));
    const name = recorder.node('BatchNormalization', [recorder.inOrder(x!, channelsFirst), ...parameters], {
      epsilon: { float: int(attributes, 'varianceEpsilon') },
    });
    return { kind: 'computed', name, shape: x!.shape, order: channelsFirst };
  },
  PaddedMaxPool: ({ recorder, inputs, attributes }) => {
    const x = inputs['x']!;
    const [size, stride, padding] = ['size', 'stride', 'padding'].map((name) => int(attributes, name));
    const name = recorder.node('MaxPool', [recorder.inOrder(x, channelsFirst)], {
      kernel_shape: { ints: [size!, size!] },
      strides: { ints: [stride!, stride!] },
      pads: { ints: [padding!, padding!, padding!, padding!] },
    });
    const [batch, height, width, channels] = fourSizes(x);
    const side = (length: number): number => Math.floor((length + 2 * padding! - size!) / stride!) + 1;
    return { kind: 'computed', name, shape: [batch, side(height), side(width), channels], order: channelsFirst };
  },
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
};

function reduction(op: string): Translator {
  return ({ recorder, inputs, attributes }) => {
    const x = inputs['x']!;
    const given = attributes['axis'];
    const all = identityOrder(x.shape.length);
    const axes =
      typeof given === 'number' || Array.isArray(given)
        ? tf.util.parseAxisParam(ints(attributes, 'axis'), [...x.shape])
        : all;
    const order = x.kind === 'computed' ? x.order : all;
    const keepDims = attributes['keepDims'] === true;
    const places = order.flatMap((axis, place) => (axes.includes(axis) ? [place] : []));
    const name = recorder.node(
      op,
      [recorder.inOrder(x, order), ...(op === 'ReduceSum' ? [recorder.ints(places)] : [])],
      { keepdims: { int: keepDims ? 1 : 0 }, ...(op !== 'ReduceSum' && { axes: { ints: places } }) },
    );
    if (keepDims)
      return { kind: 'computed', name, shape: x.shape.map((size, i) => (axes.includes(i) ? 1 : size)), order };
    const kept = all.filter((axis) => !axes.includes(axis));
    return {
      kind: 'computed',
      name,
      shape: kept.map((axis) => x.shape[axis]!),
      order: order.filter((axis) => kept.includes(axis)).map((axis) => kept.indexOf(axis)),
    };
  };
}

function alongAxis(op: string, input: string, attribute: string): Translator {
  return ({ recorder, inputs, attributes }): Value => {
    const x = inputs[input]!;
    const order = x.kind === 'computed' ? x.order : identityOrder(x.shape.length);
    const axis = tf.util.parseAxisParam(int(attributes, attribute), [...x.shape])[0]!;
    const name = recorder.node(op, [recorder.inOrder(x, order)], { axis: { int: order.indexOf(axis) } });
    return { kind: 'computed', name, shape: x.shape, order };
  };
}

/** TensorFlow's own pooling, whose padding may be `same` or `valid`. */
function pooling(op: string): Translator {
  return ({ recorder, inputs, attributes }: Call): Value => {
    const x = inputs['x']!;
    const sizes = ints(attributes, 'filterSize');
    const strides = ints(attributes, 'strides');
    const info = tf.backend_util.computePool2DInfo(
      fourSizes(x),
      [sizes[0]!, sizes.at(-1)!],
      [strides[0]!, strides.at(-1)!],
      1,
      padOf(attributes),
      attributes['dimRoundingMode'] === 'ceil' ? 'ceil' : 'floor',
    );
    const { top, left, bottom, right } = info.padInfo;
    const name = recorder.node(op, [recorder.inOrder(x, channelsFirst)], {
      kernel_shape: { ints: [info.filterHeight, info.filterWidth] },
      strides: { ints: [info.strideHeight, info.strideWidth] },
      pads: { ints: [top, left, bottom, right] },
    });
    const shape = [info.batchSize, info.outHeight, info.outWidth, info.outChannels];
    return { kind: 'computed', name, shape, order: channelsFirst };
  };
}
