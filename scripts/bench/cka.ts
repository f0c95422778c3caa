import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { compareModels } from '../../lib/similarity/compareModels';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/tf';

export interface CkaTimes {
  readonly layers: readonly [number, number];
  /** The two networks' forward passes alone: the floor. */
  readonly forwardSeconds: number;
  readonly seconds: number;
}

/** Times minibatch CKA of all blocks of two networks over batches of random images; one forward pass of each warms up. */
export async function timeCka(a: string, b: string, size: number, batch: number, batches: number): Promise<CkaTimes> {
  const [first, second] = [a, b].map((name) => createModel(name, { classes: 100, imageSize: size }, new Random(0).fork(name))) as [ReturnType<typeof createModel>, ReturnType<typeof createModel>];
  const images = Array.from({ length: batches }, () => tf.randomNormal<tf.Rank.R4>([batch, size, size, 3]));
  const forward = (): void => {
    for (const x of images) for (const model of [first, second]) tf.tidy(() => { model.forward(x, { mode: 'eval' }); });
  };
  try {
    forward();
    const forwardSeconds = seconds(forward);
    const started = performance.now();
    await compareModels(first, second, images);
    return { layers: [first.blockNames.length, second.blockNames.length], forwardSeconds, seconds: (performance.now() - started) / 1000 };
  } finally {
    tf.dispose(images);
    disposeModule(first);
    disposeModule(second);
  }
}

function seconds(run: () => void): number {
  const started = performance.now();
  run();
  return (performance.now() - started) / 1000;
}
