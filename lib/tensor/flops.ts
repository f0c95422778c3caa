/** The shapes that an op worked on. */
export interface Shapes {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** Multiplications and additions of the ops that are made of products; 0 for those that only pass over memory. */
export function flops(op: string, { inputs, outputs }: Shapes): number {
  const [a = [], b = [], c = []] = inputs;
  const [y = []] = outputs;
  switch (op) {
    case 'BatchMatMulV2': case 'MatMul': case 'OfaLinear': case 'OfaWeightGrad':
      // Of [m, k] · [k, n], in whatever layout: m · k · k · n · m · n is the square of the product.
      return 2 * Math.sqrt(matrix(a) * matrix(b) * matrix(y)) * batch(y);
    case 'Conv2D': return 2 * size(y) * size(b) / b[3]!;
    case 'Conv2DBackpropInput': return 2 * size(c) * size(b) / b[3]!;
    case 'Conv2DBackpropFilter': return 2 * size(c) * size(y) / y[3]!;
    case 'OfaConvolutionFilterGrad': return 2 * size(b) * size(y) / y[3]!;
    case 'DepthwiseConv2dNative': return 2 * size(y) * b[0]! * b[1]!;
    case 'DepthwiseConv2dNativeBackpropInput': return 2 * size(c) * b[0]! * b[1]!;
    case 'DepthwiseConv2dNativeBackpropFilter': return 2 * size(c) * y[0]! * y[1]!;
    // Two products of tokens × tokens × width an example, and five the other way.
    case 'OfaAttention': return 2 * 2 * size(y) * a[1]!;
    case 'OfaAttentionGrad': return 2 * 5 * size(a) * a[1]!;
    default: return 0;
  }
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
