import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { permutations as drawPermutations } from '../../lib/similarity/calibration';
import { layerGrams } from '../../lib/similarity/layerGrams';
import { measureNamed } from '../../lib/similarity/measures';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';

export interface CalibrationSetting {
  readonly networks: readonly [string, string];
  readonly size: number;
  readonly images: number;
  /** As `measureNamed`. */
  readonly measure: string;
  readonly permutations: number;
}

export interface CalibrationTimes {
  readonly layers: readonly [number, number];
  readonly seconds: {
    /** The forward passes of both networks alone. */
    readonly forward: number;
    /** The forward passes, and the Gram matrices of all layers. */
    readonly layers: number;
    /** The measure on all pairs of layers, and its permutations. */
    readonly calibration: number;
  };
}

const batch = 64;

/** Times the parts of a calibrated similarity of all blocks of two networks on random images, once each. */
export async function timeCalibration(setting: CalibrationSetting): Promise<CalibrationTimes> {
  const { networks, size, images, measure, permutations } = setting;
  const chosen = measureNamed(measure);
  const random = new Random(0);
  const models = networks.map((name) => createModel(name, { classes: 100, imageSize: size }, random.fork(name)));
  const starts = Array.from({ length: Math.ceil(images / batch) }, (_, i) => i * batch);
  const batches = starts.map((start) =>
    tf.randomNormal<tf.Rank.R4>([Math.min(batch, images - start), size, size, 3], 0, 1, 'float32', start),
  );
  const forward = (inputs: readonly tf.Tensor4D[]): void => {
    for (const model of models)
      for (const x of inputs)
        tf.tidy(() => {
          model.forward(x, { mode: 'eval' });
        });
  };
  const grams = () => Promise.all(models.map((model) => layerGrams(model, batches, { examples: images })));
  try {
    forward(batches.slice(0, 1));
    const [, forwardSeconds] = await timed(() => forward(batches));
    const [layers, layerSeconds] = await timed(grams);
    const [rows, columns] = layers.map((map) => [...map.values()]);
    const orders = drawPermutations(permutations, images, random.fork('orders'));
    const [, calibration] = await timed(() => chosen.compare(rows!, columns!, { permutations: orders }));
    return {
      layers: [rows!.length, columns!.length],
      seconds: { forward: forwardSeconds, layers: layerSeconds, calibration },
    };
  } finally {
    tf.dispose(batches);
    models.forEach(disposeModule);
  }
}

async function timed<T>(run: () => T | Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await run();
  return [result, (performance.now() - started) / 1e3];
}
