import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { median } from '../../lib/results/statistics/median';
import { compareModels } from '../../lib/similarity/compareModels';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';

export interface Seconds {
  readonly seconds: number;
  /** CPU time of all threads, in seconds. */
  readonly processor: number;
}

export interface CkaTimes {
  readonly layers: readonly [number, number];
  /** The forward passes of both networks alone, as a lower bound. */
  readonly forward: Seconds;
  readonly whole: Seconds;
}

/**
 * Times minibatch CKA of all blocks of two networks on batches of random images, and the forward passes alone.
 * Returns medians over alternating runs, after one warm-up run of each.
 */
export async function timeCka(
  a: string,
  b: string,
  size: number,
  batch: number,
  batches: number,
  repeats: number,
): Promise<CkaTimes> {
  const [first, second] = [a, b].map((name) =>
    createModel(name, { classes: 100, imageSize: size }, new Random(0).fork(name)),
  ) as [ReturnType<typeof createModel>, ReturnType<typeof createModel>];
  const images = Array.from({ length: batches }, () => tf.randomNormal<tf.Rank.R4>([batch, size, size, 3]));
  const forward = (): void => {
    for (const x of images)
      for (const model of [first, second])
        tf.tidy(() => {
          model.forward(x, { mode: 'eval' });
        });
  };
  const whole = async (): Promise<void> => {
    await compareModels(first, second, images);
  };
  const runs: Record<'forward' | 'whole', Seconds[]> = { forward: [], whole: [] };
  try {
    forward();
    await compareModels(first, second, images.slice(0, 1));
    for (let i = 0; i < repeats; i++) {
      runs.forward.push(await timed(forward));
      runs.whole.push(await timed(whole));
    }
    return {
      layers: [first.blockNames.length, second.blockNames.length],
      forward: medians(runs.forward),
      whole: medians(runs.whole),
    };
  } finally {
    tf.dispose(images);
    disposeModule(first);
    disposeModule(second);
  }
}

async function timed(run: () => void | Promise<void>): Promise<Seconds> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1e3, processor: (user + system) / 1e6 };
}

function medians(runs: readonly Seconds[]): Seconds {
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    processor: median(runs.map(({ processor }) => processor)),
  };
}
