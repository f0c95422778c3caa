import { students, teachers, type SmallFamily } from './laptop';
import { networks, type Network, type PaperRow } from './paper';

/** The methods of the published tables by the names of their columns. */
export const columns = {
  FitNet: 'fitnet', CC: 'correlation', RKD: 'rkd', CRD: 'crd', KD: 'kd', DKD: 'dkd', DIST: 'dist', OFA: 'ofa',
} as const;
export type Column = keyof typeof columns;

const families: Readonly<Record<Network, SmallFamily>> = {
  ResNet18: 'cnn', ResNet34: 'cnn', ResNet50: 'cnn', MobileNetV2: 'cnn', 'ConvNeXt-T': 'cnn',
  'DeiT-T': 'transformer', 'ViT-S': 'transformer', 'ViT-B': 'transformer', 'Swin-P': 'transformer', 'Swin-N': 'transformer', 'Swin-T': 'transformer',
  'Mixer-B/16': 'mlp', 'ResMLP-S12': 'mlp',
};

/** What stands for a published pair at the laptop's size: the small networks of the same families. Its numbers can be compared in order only. */
export function laptopPair(teacher: string, student: string): { readonly teacher: string; readonly student: string } | undefined {
  if (!isNetwork(teacher) || !isNetwork(student)) return undefined;
  return { teacher: teachers[families[teacher]].model, student: students[families[student]] };
}

/** The row of the paper's own size for a published cell; `method` is a column of the table, or `scratch`. */
export function paperRow(rows: readonly PaperRow[], teacher: string, student: string, method: Column | 'scratch'): PaperRow | undefined {
  if (!isNetwork(teacher) || !isNetwork(student)) return undefined;
  const kind = method === 'scratch' ? 'scratch' : columns[method];
  return rows.find(({ recipe }) => recipe.student === networks[student] && (recipe.method?.kind ?? 'scratch') === kind
    && (kind === 'scratch' || recipe.teacher?.model === networks[teacher]));
}

/** Whether a column's name is one of ours. */
export function isColumn(name: string): name is Column {
  return Object.hasOwn(columns, name);
}

function isNetwork(name: string): name is Network {
  return Object.hasOwn(networks, name);
}
