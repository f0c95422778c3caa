import type { Classifier } from './classifier';

/** The architectures that transformers.js supports, by the beginning of our network's name. */
const architectures = [
  { prefix: /^resnet/, type: 'resnet', architecture: 'ResNetForImageClassification' },
  { prefix: /^vit_/, type: 'vit', architecture: 'ViTForImageClassification' },
  { prefix: /^deit_/, type: 'deit', architecture: 'DeiTForImageClassification' },
  { prefix: /^swin_/, type: 'swin', architecture: 'SwinForImageClassification' },
  { prefix: /^convnext_/, type: 'convnext', architecture: 'ConvNextForImageClassification' },
  { prefix: /^mobilenetv2_/, type: 'mobilenet_v2', architecture: 'MobileNetV2ForImageClassification' },
] as const;

/**
 * The files `config.json` and `preprocessor_config.json` with which transformers.js classifies images, or undefined if
 * it does not support the architecture.
 */
export function transformersJsFiles({
  model,
  classes,
  preprocessing,
}: Pick<Classifier, 'model' | 'classes' | 'preprocessing'>): Readonly<Record<string, object>> | undefined {
  const known = architectures.find(({ prefix }) => prefix.test(model.name));
  if (!known) return undefined;
  const { imageSize, cropShare, interpolation, mean, std } = preprocessing;
  return {
    'config.json': {
      architectures: [known.architecture],
      model_type: known.type,
      image_size: imageSize,
      num_labels: model.classes,
      id2label: Object.fromEntries(classes.map((name, i) => [i, name])),
      label2id: Object.fromEntries(classes.map((name, i) => [name, i])),
    },
    'preprocessor_config.json': {
      image_processor_type: 'ViTImageProcessor',
      do_resize: true,
      size: { shortest_edge: Math.floor(imageSize / cropShare) },
      resample: interpolation === 'bicubic' ? 3 : 2,
      do_center_crop: true,
      crop_size: { height: imageSize, width: imageSize },
      do_rescale: true,
      rescale_factor: 1 / 255,
      do_normalize: true,
      image_mean: mean,
      image_std: std,
    },
  };
}
