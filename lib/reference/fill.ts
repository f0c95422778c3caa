/**
 * Tensors that are generated from their names, so that a reference file does not contain weights.
 * FNV-1a hashes the name, and MurmurHash3's finalizer mixes it with the index.
 */

/** Returns the first n values of the tensor `name`, uniform in [−1, 1), in float64. */
export function fill(name: string, n: number): Float64Array {
  const seed = fnv1a(name);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = mix(seed + Math.imul(i, 0x9e3779b9)) / 2 ** 31 - 1;
  return values;
}

/** Returns scale · fill(name), rounded to float32. */
export function input(name: string, shape: readonly number[], scale = 1): Float32Array {
  return Float32Array.from(fill(name, size(shape)), (u) => scale * u);
}

/** Returns a parameter in PyTorch's layout. The last part of its PyTorch name determines its scale. */
export function parameter(name: string, shape: readonly number[]): Float32Array {
  const scaled = scaling(name.slice(name.lastIndexOf('.') + 1), shape);
  return Float32Array.from(fill(name, size(shape)), scaled);
}

function scaling(last: string, shape: readonly number[]): (u: number) => number {
  switch (last) {
    case 'running_var':
      return (u) => 1 + 0.2 * u;
    case 'running_mean':
      return (u) => 0.1 * u;
    case 'bias':
    case 'beta':
      return (u) => 0.05 * u;
    case 'cls_token':
    case 'pos_embed':
    case 'relative_position_bias_table':
      return (u) => 0.1 * u;
    case 'gamma':
    case 'ls1':
    case 'ls2':
      return (u) => 0.5 + 0.1 * u;
  }
  if (last === 'alpha' || shape.length === 1) return (u) => 1 + 0.1 * u;
  const bound = Math.sqrt(3 / size(shape.slice(1)));
  return (u) => u * bound;
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
