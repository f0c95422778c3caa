import type { RecipeInput } from '../../training/recipe/recipe';

/** Source of a number. Numbers that were not published have a value as well, and the source states where it is from. */
export type Source = Origin | `${Origin}: ${string}`;
type Origin =
  'released config' | 'released code' | 'README' | 'paper' | `issue ${number}` | `arXiv ${string}` | 'not published';

/** The sources of numbers by their path in a recipe. That of `schedule` applies to all numbers inside it. */
export type Sources = Readonly<Record<string, Source>>;

/** The recipe of a family of students, without networks, data and method, and the source of each number. */
export interface PaperRecipe {
  readonly recipe: Omit<RecipeInput, 'student' | 'teacher' | 'method' | 'data' | 'seed'>;
  readonly sources: Sources;
}

const resizedCrop = { kind: 'resized', area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;
const light = { crop: resizedCrop, flip: true } as const;
/** The colour jitter is in the config, but has no effect together with RandAugment. */
const strong = { ...light, randAugment: { magnitude: 9, spread: 0.5 }, colourJitter: 0.4, erasing: 0.25 } as const;

/** Sources that the released configs share. The author in issue 6: "real batch size is 8 × batch_size". */
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

/** A recipe with its own sources, and the shared ones for what it contains. */
function sourced(recipe: PaperRecipe['recipe'], own: Sources = {}): PaperRecipe {
  const paths = new Set(pathsOf(recipe));
  return {
    recipe,
    sources: { ...Object.fromEntries(Object.entries(shared).filter(([path]) => paths.has(path))), ...own },
  };
}

/** The paths of all values, and of the objects that contain them. */
function pathsOf(value: object, within = ''): string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) => [
    within + key,
    ...(typeof part === 'object' && part !== null ? pathsOf(part, `${within}${key}.`) : []),
  ]);
}

const sgd = { name: 'sgd', momentum: 0.9, nesterov: true } as const;
const eightGpus = (perGpu: number) => ({ imageSize: 224, batchSize: 8 * perGpu, accumulation: 8 });

/** CNNs on CIFAR-100. */
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

/** Transformers and MLPs on CIFAR-100. */
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

/** CNNs on ImageNet. */
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

/** Transformers and MLPs on ImageNet. */
export const imageNetTokens = sourced(
  {
    ...cifar100Tokens.recipe,
    schedule: { kind: 'cosine', min: 1e-6, warmupEpochs: 20, warmupFrom: 5e-7 },
    averageDecay: 0.99996,
  },
  { clipNorm: 'released config', averageDecay: 'released config' },
);

/** ResNet50 on ImageNet, with the strong recipe of the paper's table 6. */
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
    'schedule.min': 'not published: equal to the start of the warm-up',
  },
);
