import type { MethodInput } from '../../methods/methods';
import type { Family } from '../../models/model';
import type { Experiment, Row } from '../experiment';
import {
  cifar100Cnn,
  cifar100Tokens,
  imageNetCnn,
  imageNetStrong,
  imageNetTokens,
  type PaperRecipe,
  type Source,
  type Sources,
} from './paperRecipes';

/** A row of a published table: its recipe, and the source of each number. */
export interface PaperRow extends Row {
  readonly sources: Sources;
}

/** timm's name of each network, by its name in the paper's tables. */
export const networks = {
  ResNet18: 'resnet18',
  ResNet34: 'resnet34',
  ResNet50: 'resnet50',
  ResNet152: 'resnet152',
  MobileNetV2: 'mobilenetv2_100',
  'ConvNeXt-T': 'convnext_tiny',
  'DeiT-T': 'deit_tiny_patch16_224',
  'ViT-S': 'vit_small_patch16_224',
  'ViT-B': 'vit_base_patch16_224',
  'Swin-P': 'swin_pico_patch4_window7_224',
  'Swin-N': 'swin_nano_patch4_window7_224',
  'Swin-T': 'swin_tiny_patch4_window7_224',
  'Mixer-B/16': 'mixer_b16_224',
  'ResMLP-S12': 'resmlp_12_224',
} as const;
export type Network = keyof typeof networks;

/** The family of each network, which determines its recipe. */
export const families: Readonly<Record<Network, Family>> = {
  ResNet18: 'cnn',
  ResNet34: 'cnn',
  ResNet50: 'cnn',
  ResNet152: 'cnn',
  MobileNetV2: 'cnn',
  'ConvNeXt-T': 'cnn',
  'DeiT-T': 'transformer',
  'ViT-S': 'transformer',
  'ViT-B': 'transformer',
  'Swin-P': 'transformer',
  'Swin-N': 'transformer',
  'Swin-T': 'transformer',
  'Mixer-B/16': 'mlp',
  'ResMLP-S12': 'mlp',
};

/** The teachers of each student. */
type Pairs = Readonly<Partial<Record<Network, readonly Network[]>>>;

const cifar100Pairs: Pairs = {
  ResNet18: ['Swin-T', 'ViT-S', 'Mixer-B/16'],
  MobileNetV2: ['Swin-T', 'ViT-S', 'Mixer-B/16'],
  'DeiT-T': ['ConvNeXt-T', 'Mixer-B/16'],
  'Swin-P': ['ConvNeXt-T', 'Mixer-B/16'],
  'ResMLP-S12': ['ConvNeXt-T', 'Swin-T'],
};
const imageNetPairs: Pairs = {
  ResNet18: ['DeiT-T', 'Swin-T', 'Mixer-B/16', 'ResNet34'],
  MobileNetV2: ['DeiT-T', 'Swin-T', 'Mixer-B/16'],
  'DeiT-T': ['ResNet50', 'ConvNeXt-T', 'Mixer-B/16'],
  'Swin-N': ['ResNet50', 'ConvNeXt-T', 'Mixer-B/16'],
  'ResMLP-S12': ['ResNet50', 'ConvNeXt-T', 'Swin-T'],
  ResNet50: ['ViT-B', 'ResNet152'],
};

/**
 * The methods besides OFA. Their default options are those of the paper's released code (RSD: those of its own code).
 */
const otherMethods = ['fitnet', 'correlation', 'rkd', 'crd', 'kd', 'bkd', 'dkd', 'dist', 'rsd'] as const;

/**
 * What is known about the OFA run of a pair. Unknown values are the defaults of the released code: ε = 1, branch weight
 * 1.
 */
interface OfaSettings {
  readonly exponent?: readonly [value: number, source: Source];
  readonly branchWeight?: readonly [value: number, source: Source];
  readonly changes?: { readonly recipe: Partial<PaperRecipe['recipe']>; readonly sources: Sources };
}

function publishedOfaSettings(data: 'cifar-100' | 'imagenet', teacher: Network, student: Network): OfaSettings {
  if (student === 'MobileNetV2')
    return { branchWeight: [0.1, data === 'cifar-100' ? 'issue 32' : 'issue 32: for which data is not stated'] };
  if (data === 'imagenet') return teacher === 'DeiT-T' && student === 'ResNet18' ? { exponent: [1.5, 'README'] } : {};
  if (teacher !== 'Swin-T' || student !== 'ResNet18') return {};
  return {
    exponent: [1, 'README'],
    branchWeight: [0.1, 'issue 14: follows from the losses of the author’s log'],
    changes: {
      recipe: { learningRate: 0.1, schedule: { kind: 'cosine', min: 1e-3, warmupEpochs: 3, warmupFrom: 1e-6 } },
      sources: { learningRate: 'issue 14: the author’s log', 'schedule.warmupFrom': 'issue 14: the author’s log' },
    },
  };
}

function rows(
  name: 'cifar-100' | 'imagenet',
  data: Row['recipe']['data'],
  pairs: Pairs,
  recipeOf: (student: Network) => PaperRecipe,
): PaperRow[] {
  return (Object.keys(pairs) as Network[]).flatMap((student) => {
    const { recipe, sources } = recipeOf(student);
    const scratch: PaperRow = {
      name: `${networks[student]}-scratch`,
      recipe: { student: networks[student], data, ...recipe },
      sources,
    };
    const distilled = pairs[student]!.flatMap((teacher) => pairRows(name, data, teacher, student, { recipe, sources }));
    return [scratch, ...distilled];
  });
}

/** The rows of a pair, one for each method. OFA is last. */
function pairRows(
  name: 'cifar-100' | 'imagenet',
  data: Row['recipe']['data'],
  teacher: Network,
  student: Network,
  { recipe, sources }: PaperRecipe,
): PaperRow[] {
  const rowName = (kind: string): string => `${networks[teacher]}-${networks[student]}-${kind}`;
  const common = {
    student: networks[student],
    teacher: { model: networks[teacher], weights: `data/weights/${name}/${networks[teacher]}.safetensors` },
    data,
    ...recipe,
  };
  const ofa = publishedOfaSettings(name, teacher, student);
  const [exponent, exponentSource] = ofa.exponent ?? [1, codeDefault];
  const [branchWeight, branchWeightSource] = ofa.branchWeight ?? [1, codeDefault];
  return [
    ...otherMethods.map((kind): PaperRow => ({
      name: rowName(kind),
      recipe: { ...common, method: { kind } },
      sources,
    })),
    {
      name: rowName('ofa'),
      recipe: { ...common, ...ofa.changes?.recipe, method: { kind: 'ofa', exponent, branchWeight } },
      sources: {
        ...sources,
        ...ofa.changes?.sources,
        'method.exponent': exponentSource,
        'method.branchWeight': branchWeightSource,
      },
    },
  ];
}

const codeDefault: Source = 'not published: the code’s default';

/** The rows of the paper's CIFAR-100 table, and those of RSD and BKD, at 224 pixels. */
export const cifar100Rows: readonly PaperRow[] = rows('cifar-100', { name: 'cifar-100' }, cifar100Pairs, (student) =>
  families[student] === 'cnn' ? cifar100Cnn : cifar100Tokens,
);

/** The rows of the paper's ImageNet tables, with the given images. */
export function imageNetRows(data: Row['recipe']['data']): readonly PaperRow[] {
  return rows('imagenet', data, imageNetPairs, (student) =>
    student === 'ResNet50' ? imageNetStrong : families[student] === 'cnn' ? imageNetCnn : imageNetTokens,
  );
}

/** Options of OFA, without its name. */
export type OfaOptions = Partial<Extract<MethodInput, { readonly kind: 'ofa' }>>;

/**
 * Rows of an ablation at the paper's size: OFA with the given options and changes. The pairs of the paper's own
 * ablations are not known; these are a CNN and a transformer, each as the teacher of the other, as in the laptop
 * profile.
 */
export function ablationRows(
  name: string,
  method: OfaOptions,
  changes: Partial<PaperRecipe['recipe']> = {},
): PaperRow[] {
  return (
    [
      ['ConvNeXt-T', 'DeiT-T'],
      ['Swin-T', 'ResNet18'],
    ] as const
  ).map(([teacher, student]) => {
    const pair = `${networks[teacher]}-${networks[student]}`;
    const base = cifar100Rows.find((row) => row.name === `${pair}-ofa`)!;
    const published = base.recipe.method;
    const varied = [
      ...Object.keys(method).map((key) => `method.${key}`),
      ...Object.keys(changes).filter((key) => Reflect.get(changes, key) !== undefined),
    ];
    return {
      name: `${pair}-${name}`,
      recipe: {
        ...base.recipe,
        ...changes,
        method: { ...(published?.kind === 'ofa' && published), ...method, kind: 'ofa' },
      },
      sources: {
        ...base.sources,
        ...Object.fromEntries(varied.map((place): [string, Source] => [place, 'not published: varied here'])),
      },
    };
  });
}

/**
 * The paper's CIFAR-100 table at its own size, for a GPU or a cluster.
 *
 * - Reproduces: the CIFAR-100 table of the paper, and the same pairs with RSD and BKD.
 * - Expected: the published numbers in `data/published/cifar100.json`. Nothing is recorded yet.
 * - Time: about 1160 GPU hours for a seed (estimated, see `costMethod`), 1 to 15 for a row, after the teachers.
 * - Source of the recipes: every row has the source of each number, printed by
 *   `npm run experiment -- show paper-cifar100 --profile paper`.
 */
export const paperCifar100: Experiment = {
  name: 'paper-cifar100',
  title: 'What accuracy do the paper’s own networks reach on CIFAR-100?',
  seeds: [0, 1, 2],
  rows: { smoke: [], laptop: [], paper: cifar100Rows },
};

/** The ImageNet folders, each with a subfolder for each class. */
export const imageNetFolder = { name: 'folder', path: 'data/imagenet/train', validation: 'data/imagenet/val' } as const;

/**
 * The paper's ImageNet tables at their own size, for a cluster.
 *
 * - Reproduces: the main ImageNet table, table 5 (ResNet34 → ResNet18) and table 6 (ResNet50 with the strong recipe) of
 *   the paper.
 * - Expected: the published numbers in `data/published/imagenet.json`. Nothing is recorded yet.
 * - Time: about 40,000 GPU hours for a seed (estimated, see `costMethod`), 6 to 711 for a row.
 * - Source of the recipes: every row has the source of each number, printed by
 *   `npm run experiment -- show paper-imagenet --profile paper`.
 */
export const paperImageNet: Experiment = {
  name: 'paper-imagenet',
  title: 'What accuracy do the paper’s own networks reach on ImageNet?',
  seeds: [0],
  rows: { smoke: [], laptop: [], paper: imageNetRows(imageNetFolder) },
};
