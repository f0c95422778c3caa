import type { RecipeInput } from '../training/recipe/recipe';

/** Where a number stands. What was not published has a value all the same, and the source says whose it is. */
export type Source = Origin | `${Origin}: ${string}`;
type Origin =
  'released config' | 'released code' | 'README' | 'paper' | `issue ${number}` | `arXiv ${string}` | 'not published';

/** The sources of numbers by their place in a recipe; one of `schedule` is that of all numbers beneath it. */
export type Sources = Readonly<Record<string, Source>>;

/** How a family of students is trained: a recipe without its networks, data and method, and where each number stands. */
export interface PaperRecipe {
  readonly recipe: Omit<RecipeInput, 'student' | 'teacher' | 'method' | 'data' | 'seed'>;
  readonly sources: Sources;
}

const resizedCrop = { kind: 'resized', area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;
const light = { crop: resizedCrop, flip: true } as const;
/** The colour jitter stands in the config and does nothing beside RandAugment. */
const strong = { ...light, randAugment: { magnitude: 9, spread: 0.5 }, colourJitter: 0.4, erasing: 0.25 } as const;

/** What the released configs share. The author: "real batch size is 8 × batch_size". */
const shared: Sources = {
  imageSize: 'released config',
  epochs: 'released config',
  batchSize: 'issue 6: eight GPUs, each with the batch of the released config',
  accumulation: 'issue 6',
  optimizer: 'released config',
  learningRate: 'released config',
  schedule: 'released config',
  weightDecay: 'released config',
  labelSmoothing: 'released config',
  'augmentation.crop': 'released code: timm’s defaults',
  'augmentation.randAugment': 'released config',
  'augmentation.colourJitter': 'released config',
  'augmentation.erasing': 'released config',
  mixing: 'released config',
};

/** A recipe with the shared sources of what it has, and its own. */
function sourced(recipe: PaperRecipe['recipe'], own: Sources = {}): PaperRecipe {
  const places = new Set(placesOf(recipe));
  return {
    recipe,
    sources: { ...Object.fromEntries(Object.entries(shared).filter(([place]) => places.has(place))), ...own },
  };
}

/** The places of all values and of what they lie in. */
function placesOf(value: object, within = ''): string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => [
    within + key,
    ...(typeof part === 'object' && part !== null ? placesOf(part, `${within}${key}.`) : []),
  ]);
}

const sgd = { name: 'sgd', momentum: 0.9, nesterov: true } as const;
const eightGpus = (perGpu: number) => ({ imageSize: 224, batchSize: 8 * perGpu, accumulation: 8 });

/** CIFAR-100, a CNN learns. */
export const cifar100Cnn = sourced({
  ...eightGpus(128),
  epochs: 300,
  optimizer: sgd,
  learningRate: 0.05,
  schedule: { kind: 'cosine', min: 1e-3, warmupEpochs: 3, warmupFrom: 1e-4 },
  weightDecay: 2e-3,
  augmentation: light,
  labelSmoothing: 0.1,
});

/** CIFAR-100, a transformer or an MLP learns. */
export const cifar100Tokens = sourced(
  {
    ...eightGpus(128),
    epochs: 300,
    optimizer: { name: 'adamw' },
    learningRate: 5e-4,
    schedule: { kind: 'cosine', min: 1e-5, warmupEpochs: 20, warmupFrom: 5e-7 },
    weightDecay: 0.05,
    augmentation: strong,
    mixing: { mixup: 0.8, cutmix: 1 },
    labelSmoothing: 0.1,
    clipNorm: 5,
  },
  { clipNorm: 'released config' },
);

/** ImageNet, a CNN learns. */
export const imageNetCnn = sourced({
  ...eightGpus(64),
  epochs: 100,
  optimizer: sgd,
  learningRate: 0.1,
  schedule: { kind: 'step', at: [30, 60, 90], factor: 0.1, warmupEpochs: 3, warmupFrom: 1e-4 },
  weightDecay: 1e-4,
  augmentation: light,
  labelSmoothing: 0.1,
});

/** ImageNet, a transformer or an MLP learns. */
export const imageNetTokens = sourced(
  {
    ...cifar100Tokens.recipe,
    schedule: { kind: 'cosine', min: 1e-6, warmupEpochs: 20, warmupFrom: 5e-7 },
    averageDecay: 0.99996,
  },
  { clipNorm: 'released config', averageDecay: 'released config' },
);

/** ImageNet, ResNet50 with the strong recipe of the paper's table 6. */
export const imageNetStrong = sourced(
  {
    ...eightGpus(256),
    epochs: 300,
    optimizer: { name: 'lamb' },
    learningRate: 5e-3,
    schedule: { kind: 'cosine', min: 1e-6, warmupEpochs: 5, warmupFrom: 1e-6 },
    weightDecay: 0.02,
    labelLoss: 'binary',
    augmentation: { ...light, randAugment: { magnitude: 7, spread: 0.5 } },
    mixing: { mixup: 0.1, cutmix: 1 },
    repeats: 3,
    cropShare: 0.95,
    dropPath: 0.05,
    averageDecay: 0.9998,
  },
  {
    labelLoss: 'released config',
    repeats: 'released config',
    cropShare: 'released config',
    dropPath: 'released config',
    averageDecay: 'released config',
    'schedule.min': 'not published: the start of the warm-up stands in',
  },
);
