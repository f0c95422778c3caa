import type { FileTensor } from '../../io/safetensors/safetensors';

type Weights = ReadonlyMap<string, FileTensor>;

/**
 * Swin's stored tensors under today's names, with bias tables for this network's windows, as timm's `checkpoint_filter_fn` does.
 * Old files (timm 0.6 and before) keep the merging at the end of a stage and the classifier as `head`.
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
 * A bias table [side², heads] for windows of another size: its rows are taken to lie at distances that grow geometrically from
 * the centre, as far as the new table reaches, and are interpolated linearly (timm's `resize_rel_pos_bias_table`).
 */
export function resizeBiasTable(table: FileTensor, side: number): FileTensor {
  const [rows = 0, heads = 0] = table.shape;
  const old = Math.round(Math.sqrt(rows));
  if (old === side || table.shape.length !== 2 || old * old !== rows) return table;
  return { shape: [side * side, heads], read: () => resizedTable(table.read(), old, side, heads) };
}

function resizedTable(table: Float32Array, old: number, side: number, heads: number): Float32Array {
  const places = spread(old, side);
  const taps = Array.from({ length: side }, (_, i) => between(places, i - Math.floor(side / 2)));
  const data = new Float32Array(side * side * heads);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (const [row, rowShare] of taps[y]!) {
        for (const [column, columnShare] of taps[x]!) {
          for (let head = 0; head < heads; head++)
            data[(y * side + x) * heads + head] += rowShare * columnShare * table[(row * old + column) * heads + head]!;
        }
      }
    }
  }
  return data;
}

/** Where `old` places lie around 0 so that their geometric distances reach as far as `side` unit distances do. */
function spread(old: number, side: number): number[] {
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

/** The two places around `at` and their shares. */
function between(places: readonly number[], at: number): readonly (readonly [place: number, share: number])[] {
  const last = places.length - 1;
  const found = places.findIndex((place) => place >= at);
  const upper = found < 0 ? last : found;
  const lower = found < 0 ? last : Math.max(upper - 1, 0);
  const [below, above] = [at - places[lower]!, places[upper]! - at];
  if (upper === lower || above === 0) return [[upper, 1]];
  return [
    [lower, above / (below + above)],
    [upper, below / (below + above)],
  ];
}
