import type { Constant, Graph, Node } from './graph';
import { withoutUnused } from './withoutUnused';

/**
 * Merges each batch norm into the convolution before it, if nothing else reads the convolution's output. The filter of
 * a channel is multiplied by scale / √(variance + ε).
 */
export function foldBatchNorm(graph: Graph): Graph {
  const weights = new Map(graph.weights);
  const readers = new Map<string, number>();
  for (const name of graph.nodes.flatMap(({ inputs }) => inputs)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const merged = new Map<Node, Node>();
  const removed = new Set<Node>();
  for (const node of graph.nodes) {
    const convolution = producers.get(node.inputs[0]!);
    if (node.op !== 'BatchNormalization' || convolution?.op !== 'Conv') continue;
    if (readers.get(node.inputs[0]!) !== 1) continue;
    const folded = fold(convolution, node, weights);
    if (!folded) continue;
    removed.add(node);
    merged.set(convolution, folded);
  }
  const nodes = graph.nodes.filter((node) => !removed.has(node)).map((node) => merged.get(node) ?? node);
  return withoutUnused({ ...graph, nodes, weights });
}

/** Returns the convolution that also normalises, and adds its filter and bias to the weights. */
function fold(convolution: Node, norm: Node, weights: Map<string, Constant>): Node | undefined {
  const [x, filterName, biasName] = convolution.inputs;
  const [filter, scale, offset, mean, variance] = [filterName, ...norm.inputs.slice(1)].map(
    (name) => weights.get(name!)?.data,
  );
  const bias = biasName === undefined ? undefined : weights.get(biasName)?.data;
  const epsilon = norm.attributes['epsilon'];
  const known = [filter, scale, offset, mean, variance];
  if (!known.every(isFloat) || !epsilon || !('float' in epsilon) || (biasName !== undefined && !isFloat(bias)))
    return undefined;
  const [f, s, o, m, v] = known;
  const factors = Float64Array.from(s!, (value, channel) => value / Math.sqrt(v![channel]! + epsilon.float));
  const perChannel = f!.length / factors.length;
  const foldedFilter = Float32Array.from(f!, (value, i) => value * factors[Math.floor(i / perChannel)]!);
  const foldedBias = Float32Array.from(
    o!,
    (value, channel) => value + (Number(bias?.[channel] ?? 0) - m![channel]!) * factors[channel]!,
  );
  weights.set(`${filterName!}_folded`, { shape: weights.get(filterName!)!.shape, data: foldedFilter });
  weights.set(`${filterName!}_bias`, { shape: [factors.length], data: foldedBias });
  return {
    ...convolution,
    inputs: [x!, `${filterName!}_folded`, `${filterName!}_bias`],
    outputs: norm.outputs,
  };
}

function isFloat(data: Constant['data'] | undefined): data is Float32Array {
  return data instanceof Float32Array;
}
