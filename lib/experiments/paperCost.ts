import type { RecipeInput } from '../training/recipe/recipe';

/** Billions of multiplications with an addition in a forward pass of one image of 224 pixels, as a test counts them in the networks. */
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

/** Counted likewise: the four exit branches of a student. */
export const branchMultiplyAdds: Readonly<Record<string, number>> = {
  resnet18: 0.09,
  resnet50: 1.15,
  mobilenetv2_100: 0.11,
  deit_tiny_patch16_224: 0.19,
  swin_pico_patch4_window7_224: 0.9,
  swin_nano_patch4_window7_224: 1.59,
  resmlp_12_224: 0.74,
};

/** What one GPU is taken to sustain, in 32-bit operations a second: an assumption; on a GPU only networks of 32 pixels were measured, which wait for their launches. */
export const sustained = 10e12;

const images = { 'cifar-100': 50_000, imagenet: 1_281_167 } as const;

/** How the hours are found, in a sentence. */
export const costMethod =
  'GPU hours are estimated, not measured: the products of a step (three times those of student and branches, once the teacher’s, ' +
  `two operations each) × images × epochs, at ${sustained / 1e12} TFLOP/s sustained by one GPU, which this engine has not been shown to do: small networks reached some 0.3 on an H100, and 224 pixels were not tried there. Reading images and other layers come on top.`;

/** Hours of one GPU that a seed of a recipe takes at the paper's size by its products alone; undefined where a network was not counted. */
export function gpuHours(
  { student, teacher, method, epochs }: Omit<RecipeInput, 'seed'>,
  data: keyof typeof images,
): number | undefined {
  const [learns, teaches] = [multiplyAdds[student], teacher ? multiplyAdds[teacher.model] : 0];
  const branches = method?.kind === 'ofa' ? branchMultiplyAdds[student] : 0;
  if (learns === undefined || teaches === undefined || branches === undefined) return undefined;
  return (2 * (3 * (learns + branches) + teaches) * 1e9 * images[data] * epochs) / sustained / 3600;
}
