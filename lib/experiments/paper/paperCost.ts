import type { MethodSpec } from '../../methods/methods';
import type { RecipeInput } from '../../training/recipe/recipe';

/** Giga multiply-adds of a forward pass of one image of 224 pixels, as a test counts them in the networks. */
export const multiplyAdds: Readonly<Record<string, number>> = {
  resnet18: 1.81,
  resnet34: 3.66,
  resnet50: 4.09,
  resnet152: 11.51,
  mobilenetv2_100: 0.3,
  convnext_tiny: 4.46,
  deit_tiny_patch16_224: 1.25,
  vit_small_patch16_224: 4.6,
  vit_base_patch16_224: 17.56,
  swin_pico_patch4_window7_224: 0.8,
  swin_nano_patch4_window7_224: 1.39,
  swin_tiny_patch4_window7_224: 4.49,
  mixer_b16_224: 12.6,
  resmlp_12_224: 3.01,
};

/** Giga multiply-adds of the four exit branches of a student, counted likewise. */
export const branchMultiplyAdds: Readonly<Record<string, number>> = {
  resnet18: 0.09,
  resnet50: 1.15,
  mobilenetv2_100: 0.11,
  deit_tiny_patch16_224: 0.19,
  swin_pico_patch4_window7_224: 0.9,
  swin_nano_patch4_window7_224: 1.59,
  resmlp_12_224: 0.74,
};

/** Operations in float32 per second that one GPU is assumed to sustain. Not measured at 224 pixels. */
export const sustained = 10e12;

const images = { 'cifar-100': 50_000, imagenet: 1_281_167 } as const;

/** How GPU hours are estimated, as a note for tables. */
export const costMethod =
  'GPU hours are estimated, not measured: operations of a step (3 × student and branches + teacher, two operations ' +
  `for a multiply-add) × images × epochs, at an assumed ${sustained / 1e12} TFLOP/s. This engine has not been shown ` +
  'to reach that: small networks reached about 0.3 TFLOP/s on an H100. ' +
  'Reading images and other layers are not included.';

type CostFields = 'student' | 'teacher' | 'method' | 'epochs';

/**
 * Estimated hours of one GPU for one seed of a recipe at the paper's size, by its multiply-adds only; undefined for
 * networks that were not counted.
 */
export function gpuHours(
  { student, teacher, method, epochs }: Pick<RecipeInput<Pick<MethodSpec, 'kind'>>, CostFields>,
  data: keyof typeof images,
): number | undefined {
  const studentCost = multiplyAdds[student];
  const teacherCost = teacher ? multiplyAdds[teacher.model] : 0;
  const branchCost = method?.kind === 'ofa' ? branchMultiplyAdds[student] : 0;
  if (studentCost === undefined || teacherCost === undefined || branchCost === undefined) return undefined;
  // A backward pass costs about two forward passes.
  const operations = 2 * (3 * (studentCost + branchCost) + teacherCost) * 1e9;
  return (operations * images[data] * epochs) / sustained / 3600;
}
