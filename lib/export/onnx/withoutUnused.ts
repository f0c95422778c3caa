import type { Graph, Node } from './graph';

/** Removes nodes and weights that no output depends on. */
export function withoutUnused(graph: Graph): Graph {
  const used = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => used.has(name))) continue;
    node.inputs.forEach((name) => used.add(name));
    nodes.unshift(node);
  }
  return { ...graph, nodes, weights: new Map([...graph.weights].filter(([name]) => used.has(name))) };
}
