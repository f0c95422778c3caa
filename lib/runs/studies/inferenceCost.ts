import { existsSync } from 'node:fs';
import path from 'node:path';
import { networkCost } from '../../analysis/networkCost';
import { students } from '../../experiments/laptop';
import { disposeModule } from '../../models/parameter';
import { loadWeightsFile, saveWeights } from '../../models/weights/weights';
import { createModel } from '../../models/zoo';
import type { Cost } from '../../results/gain';
import * as tf from '../../tensor/engine/tf';
import { largestDifference } from '../../tensor/inspect/largestDifference';
import { Random } from '../../tensor/random';

/** The cost of a student at inference, by how it was trained. */
export interface InferenceCost {
  readonly scratch: Cost;
  readonly distilled: Cost;
  /** The distilled student, saved and loaded into a network that never had branches. */
  readonly reloaded: Cost;
  /** Largest difference between the logits of `distilled` and of `reloaded`. */
  readonly logitDifference: number;
  /** Whether the weights are recorded ones; otherwise they are random. */
  readonly isRecorded: boolean;
}

/** Compares the recorded transformer student from scratch with the one trained with OFA, at inference. */
export async function inferenceCost(folder = path.join('data', 'weights')): Promise<InferenceCost> {
  const name = students.transformer;
  const files = [path.join(folder, `${name}.safetensors`), path.join(folder, `${name}-by-ofa.safetensors`)] as const;
  const isRecorded = files.every((file) => existsSync(file));
  const create = (label: string) => createModel(name, { classes: 100, imageSize: 32 }, new Random(0).fork(label));
  const [scratch, distilled, reloaded] = [create('scratch'), create('distilled'), create('reloaded')];
  try {
    if (isRecorded) {
      loadWeightsFile(scratch, files[0]);
      loadWeightsFile(distilled, files[1]);
    }
    const saved = path.join('runs', 'inference-cost', 'saved.safetensors');
    await saveWeights(distilled, saved);
    loadWeightsFile(reloaded, saved);
    const logitDifference = tf.tidy(() => {
      const images = tf.randomNormal<tf.Rank.R4>([16, 32, 32, 3], 0, 1, 'float32', 1);
      const [a, b] = [distilled, reloaded].map((model) => model.forward(images, { mode: 'eval' }).logits);
      return largestDifference(a!, b!);
    });
    const [scratchCost, distilledCost, reloadedCost] = [scratch, distilled, reloaded].map(networkCost);
    return {
      scratch: scratchCost!,
      distilled: distilledCost!,
      reloaded: reloadedCost!,
      logitDifference,
      isRecorded,
    };
  } finally {
    for (const model of [scratch, distilled, reloaded]) disposeModule(model);
  }
}
