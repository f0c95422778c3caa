/** The shapes of an op's inputs and outputs. */
export interface Shapes {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** Multiplications and additions of an op that computes products; 0 for all other ops. */
export function flops(op: string, { inputs, outputs }: Shapes): number {
  const [a = [], b = [], c = []] = inputs;
  const [y = []] = outputs;
  switch (op) {
    case 'BatchMatMulV2':
    case 'MatMul':
    case 'OfaLinear':
      // For [m, k] · [k, n] in any layout: (m · k) · (k · n) · (m · n) = (m · k · n)².
      return 2 * Math.sqrt(matrix(a) * matrix(b) * matrix(y)) * batch(y);
    case 'Conv2D':
      return (2 * size(y) * size(b)) / b[3]!;
    case 'Conv2DBackpropInput':
      return (2 * size(c) * size(b)) / b[3]!;
    case 'Conv2DBackpropFilter':
      return (2 * size(c) * size(y)) / y[3]!;
    case 'OfaConvolution':
      return (2 * size(y) * size(b)) / y[3]!;
    case 'OfaConvolutionInputGrad':
      return (2 * size(a) * size(b)) / b[3]!;
    case 'OfaConvolutionFilterGrad':
    case 'OfaConvolutionFilterGradByImage':
    case 'OfaConvolutionFilterGradByTap':
      return (2 * size(b) * size(y)) / y[3]!;
    case 'DepthwiseConv2dNative':
    case 'OfaDepthwise':
      return 2 * size(y) * b[0]! * b[1]!;
    case 'DepthwiseConv2dNativeBackpropInput':
      return 2 * size(c) * b[0]! * b[1]!;
    case 'DepthwiseConv2dNativeBackpropFilter':
      return 2 * size(c) * y[0]! * y[1]!;
    case 'OfaDepthwiseInputGrad':
      return 2 * size(a) * b[0]! * b[1]!;
    case 'OfaDepthwiseFilterGrad':
      return 2 * size(b) * y[0]! * y[1]!;
    // Two products of tokens × tokens × width for each example; four in the gradient, where weights that are computed
    // again do not count.
    case 'OfaAttention':
      return 2 * 2 * size(y) * a[1]!;
    case 'OfaAttentionGrad':
      return 2 * 4 * size(a) * a[1]!;
    // Half of a product, because it is symmetric.
    case 'OfaGram':
      return size(a) * a[0]!;
    // Of every row with every column, under each order.
    case 'OfaPermutedProducts':
      return 2 * size(a) * b[1]! * inputs[2]![0]!;
    case 'OfaTransformerBlock':
      return transformerBlock(a, inputs.slice(1));
    case 'OfaTransformerBlockGrad':
      return 2 * transformerBlock(b, inputs.slice(6));
    case 'OfaSwinBlock':
      return swinBlock(a, b, inputs.slice(2));
    case 'OfaMixerBlock':
      return mixerBlock(a, inputs.slice(1));
    case 'OfaMixerBlockGrad':
      return 2 * mixerBlock(b, inputs.slice(5));
    default:
      return 0;
  }
}

/** Every token is multiplied by every weight, and attention has two products of tokens × tokens × width. */
function transformerBlock(x: readonly number[], parameters: Shapes['inputs']): number {
  return 2 * (size(x) / x[2]!) * weights(parameters) + 2 * 2 * size(x) * x[1]!;
}

/**
 * As a transformer block, with attention within windows. The table [(2 · window − 1)², heads] contains the size of the
 * windows. Padding of the last windows does not count.
 */
function swinBlock(x: readonly number[], table: readonly number[], parameters: Shapes['inputs']): number {
  const window = (Math.sqrt(table[0]!) + 1) / 2;
  return 2 * (size(x) / x[3]!) * weights(parameters) + 2 * 2 * size(x) * window ** 2;
}

/** The first MLP multiplies every channel by its weights, the second every token. */
function mixerBlock(x: readonly number[], parameters: Shapes['inputs']): number {
  return 2 * (size(x) / x[1]!) * weights(parameters.slice(0, 6)) + 2 * (size(x) / x[2]!) * weights(parameters.slice(6));
}

/** The count of numbers in all matrices, without biases and norms. */
function weights(parameters: Shapes['inputs']): number {
  return parameters.reduce((sum, shape) => sum + (shape.length === 2 ? size(shape) : 0), 0);
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function matrix(shape: readonly number[]): number {
  return size(shape.slice(-2));
}

function batch(shape: readonly number[]): number {
  return size(shape.slice(0, -2));
}
