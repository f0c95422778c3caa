import type { FileTensor } from '../../io/safetensors/safetensors';

type Weights = ReadonlyMap<string, FileTensor>;

/**
 * Converts the tensors of a Swin weights file, as timm's `checkpoint_filter_fn` does: renames those of timm 0.6 and
 * older, which stored patch merging with the stage before it and the classifier as `head`, and resizes relative
 * position bias tables to this network's windows.
 */
export function adaptSwinWeights(stored: Weights, windowOf: (name: string) => number | undefined): Weights {
  const old = stored.has('layers.0.downsample.reduction.weight');
  return new Map(
    [...stored].map(([name, tensor]) => {
      const renamed = old
        ? name
            .replace(/^layers\.(\d+)\.downsample/, (_, stage: string) => `layers.${Number(stage) + 1}.downsample`)
            .replace(/^head\./, 'head.fc.')
        : name;
      const window = name.endsWith('relative_position_bias_table') ? windowOf(renamed) : undefined;
      return [renamed, window === undefined ? tensor : resizeBiasTable(tensor, 2 * window - 1)];
    }),
  );
}

/**
 * Resizes a relative position bias table [old², heads] to [side², heads], for windows of another size (timm's
 * `resize_rel_pos_bias_table`): the old positions are placed at geometrically growing distances from the centre, up to
 * the largest distance of the new table, and the new values are interpolated linearly between them.
 */
export function resizeBiasTable(table: FileTensor, side: number): FileTensor {
  const [rows = 0, heads = 0] = table.shape;
  const old = Math.round(Math.sqrt(rows));
  if (old === side || table.shape.length !== 2 || old * old !== rows) return table;
  return { shape: [side * side, heads], read: () => resizedTable(table.read(), old, side, heads) };
}

function resizedTable(table: Float32Array, old: number, side: number, heads: number): Float32Array {
  const positions = geometricPositions(old, side);
  const taps = Array.from({ length: side }, (_, i) => neighbours(positions, i - Math.floor(side / 2)));
  const data = new Float32Array(side * side * heads);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (const [row, rowWeight] of taps[y]!) {
        for (const [column, columnWeight] of taps[x]!) {
          for (let head = 0; head < heads; head++)
            data[(y * side + x) * heads + head] +=
              rowWeight * columnWeight * table[(row * old + column) * heads + head]!;
        }
      }
    }
  }
  return data;
}

/** `old` positions around 0 at geometrically growing distances, the largest of which is floor(side / 2). */
function geometricPositions(old: number, side: number): number[] {
  const half = Math.floor(old / 2);
  let [low, high, ratio] = [1.01, 1.5, 1.25];
  while (high - low > 1e-6) {
    ratio = (low + high) / 2;
    if ((1 - ratio ** half) / (1 - ratio) > Math.floor(side / 2)) high = ratio;
    else low = ratio;
  }
  const distances = Array.from({ length: half }, (_, i) =>
    Array.from({ length: i + 1 }, (_, j) => ratio ** j).reduce((a, b) => a + b, 0),
  );
  return [...distances.map((d) => -d).reverse(), 0, ...distances];
}

/** The indices of the two positions around `at`, and their interpolation weights. */
function neighbours(positions: readonly number[], at: number): readonly (readonly [index: number, weight: number])[] {
  const last = positions.length - 1;
  const found = positions.findIndex((position) => position >= at);
  const upper = found < 0 ? last : found;
  const lower = found < 0 ? last : Math.max(upper - 1, 0);
  const [below, above] = [at - positions[lower]!, positions[upper]! - at];
  if (upper === lower || above === 0) return [[upper, 1]];
  return [
    [lower, above / (below + above)],
    [upper, below / (below + above)],
  ];
}
