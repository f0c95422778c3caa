import type { RecipeInput } from '../training/recipe/recipe';

/** Billions of multiply-adds in a forward pass of one image of 224 × 224 pixels; a test counts them. */
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

/** Billions of multiply-adds in the four exit branches of a student; a test counts them. */
export const branchMultiplyAdds: Readonly<Record<string, number>> = {
  resnet18: 0.09,
  resnet50: 1.15,
  mobilenetv2_100: 0.11,
  deit_tiny_patch16_224: 0.19,
  swin_pico_patch4_window7_224: 0.9,
  swin_nano_patch4_window7_224: 1.59,
  resmlp_12_224: 0.74,
};

/**
 * Assumed speed of one GPU in 32-bit operations per second. On a GPU only networks for 32 pixels were measured, which are
 * limited by the latency of launching ops.
 */
export const assumedSpeed = 10e12;

const images = { 'cifar-100': 50_000, imagenet: 1_281_167 } as const;

/** The method of the estimate, for readers. */
export const costMethod =
  'GPU hours are estimated, not measured: the multiply-adds of a step (three times those of student and branches, once ' +
  'the teacher’s), two operations each, × images × epochs, ' +
  `at an assumed ${assumedSpeed / 1e12} TFLOP/s of one GPU. ` +
  'This engine has not reached that speed: small networks reached about 0.3 TFLOP/s on an H100, and 224 pixels were ' +
  'not measured there. Image loading and other layers are not included.';

/** Returns the estimated GPU hours of one seed at the paper's size; undefined if a network was not counted. */
export function gpuHours(
  { student, teacher, method, epochs }: Omit<RecipeInput, 'seed'>,
  data: keyof typeof images,
): number | undefined {
  const [studentCost, teacherCost] = [multiplyAdds[student], teacher ? multiplyAdds[teacher.model] : 0];
  const branches = method?.kind === 'ofa' ? branchMultiplyAdds[student] : 0;
  if (studentCost === undefined || teacherCost === undefined || branches === undefined) return undefined;
  const perImage = 2 * (3 * (studentCost + branches) + teacherCost) * 1e9;
  return (perImage * images[data] * epochs) / assumedSpeed / 3600;
}
