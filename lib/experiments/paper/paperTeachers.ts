import type { Row } from '../experiment';
import { cifar100Rows } from './paper';
import { cifar100Tokens } from './paperRecipes';

const weightsByTeacher = new Map(
  cifar100Rows.flatMap(({ recipe: { teacher } }) => (teacher ? [[teacher.model, teacher.weights] as const] : [])),
);

/**
 * The teachers of the paper's CIFAR-100 table: timm's ImageNet weights, expected in `data/weights/imagenet/`,
 * fine-tuned on CIFAR-100. The paper states AdamW, 300 epochs, learning rates from 5e-5 to 1e-6, mixup and cutmix. The
 * other settings are those of its students' recipe.
 */
export const paperTeachers: readonly Row[] = [...weightsByTeacher].map(([name, weights]): Row => ({
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
