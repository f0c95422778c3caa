import { syntheticImages } from '../../lib/data/datasets/synthetic';
import type { Model } from '../../lib/models/model';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import type * as tf from '../../lib/tensor/engine/tf';
import type { StepEvent, TrainingEvent } from '../../lib/training/event';
import { completeRecipe } from '../../lib/training/recipe/completeRecipe';
import type { Recipe, RecipeInput } from '../../lib/training/recipe/recipe';
import { Training, type TrainingOptions } from '../../lib/training/training';
import type { InMemoryDataset } from '../../lib/data/datasets/dataset';

export const classes = 4;

/** Synthetic images for a training of seconds: four steps an epoch. */
export const images = { train: made(32, 'train'), test: made(16, 'test') } as const;

function made(count: number, label: string): InMemoryDataset {
  return syntheticImages(new Random(1).fork(label), { count, classes, size: { height: 32, width: 32 } });
}

/** A recipe of two epochs in batches of eight. */
export function tinyRecipe(changes: Partial<RecipeInput> = {}): Recipe {
  return completeRecipe({
    student: 'mixer_64',
    method: { kind: 'scratch' },
    data: { name: 'synthetic' },
    epochs: 2,
    batchSize: 8,
    optimizer: { name: 'adamw' },
    learningRate: 1e-3,
    schedule: { kind: 'cosine', min: 0, per: 'step' },
    weightDecay: 0.05,
    ...changes,
  });
}

/** Runs a function with a training, and frees the training and its teacher afterwards. */
export async function withTraining<T>(
  recipe: Recipe,
  work: (training: Training) => T | Promise<T>,
  options: TrainingOptions = {},
): Promise<T> {
  const teacher: Model | undefined = recipe.teacher
    ? createModel(recipe.teacher.model, { classes, imageSize: recipe.imageSize ?? 32 }, new Random(7))
    : undefined;
  const training = new Training(recipe, { ...images, ...(teacher && { teacher }) }, options);
  try {
    return await work(training);
  } finally {
    training.dispose();
    if (teacher) disposeModule(teacher);
  }
}

/** The next `count` events of a run. */
export async function take(training: Training, count: number): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  if (count === 0) return events;
  for await (const event of training.run()) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

export function stepsOf(events: readonly TrainingEvent[]): StepEvent[] {
  return events.filter((event): event is StepEvent => event.kind === 'step');
}

/** The whole state of a training: parameters, optimiser and running average. */
export function snapshot(training: Training): Map<string, readonly number[]> {
  const tensors: [string, tf.Tensor][] = [
    ...training.state().map(([name, { value }]): [string, tf.Tensor] => [name, value]),
    ...Object.entries(training.statefulParts()).flatMap(([part, stateful]) =>
      [...stateful.state()].map(([name, tensor]): [string, tf.Tensor] => [`${part}.${name}`, tensor]),
    ),
  ];
  return new Map(tensors.map(([name, tensor]) => [name, [...tensor.dataSync()]]));
}
