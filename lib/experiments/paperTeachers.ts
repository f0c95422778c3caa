import type { Row } from './experiment';
import { cifar100Rows } from './paper';
import { cifar100Tokens } from './paperRecipes';

const teachers = new Map(
  cifar100Rows.flatMap(({ recipe: { teacher } }) => (teacher ? [[teacher.model, teacher.weights] as const] : [])),
);

/**
 * The teachers of the paper's CIFAR-100 table: timm's ImageNet weights, expected under `data/weights/imagenet/`, fine-tuned as the paper
 * tells (AdamW, 5e-5 to 1e-6, 300 epochs, mixup and cutmix); what it does not tell is that of its students.
 */
export const paperTeachers: readonly Row[] = [...teachers].map(([name, weights]): Row => ({
  name,
  exportWeightsTo: weights,
  recipe: {
    student: name,
    initial: `data/weights/imagenet/${name}.safetensors`,
    data: { name: 'cifar-100' },
    ...cifar100Tokens.recipe,
    learningRate: 5e-5,
    schedule: { kind: 'cosine', min: 1e-6 },
  },
}));
