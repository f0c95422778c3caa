import { sameNormalisation, type Normalisation } from '../../data/datasets/normalisation';
import type { HubOptions } from '../../io/download/huggingFace';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import { loadWeights } from '../../models/weights/pretrained';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import type { OwnParts } from '../../training/recipe/ownParts';
import type { OwnImages } from '../inputs/ownImages';
import type { Pair } from './ownPair';

/** What is known of the two networks before the first run. */
export interface NetworkSetup {
  readonly teacherFamily: Model['family'];
  readonly studentFamily: Model['family'];
  /** The teacher's weights, if they are for the classes of the images. */
  readonly weights?: string;
  /** Weights for other classes, from which the teacher's training starts. */
  readonly initial?: string;
  /**
   * The normalisation that the teacher's weights expect, if it is not ImageNet's. It applies to teacher and student.
   */
  readonly normalisation?: Normalisation;
  /** How images are resized for the teacher's weights, if their repository states it. */
  readonly interpolation?: 'bicubic' | 'bilinear';
}

/** Creates both networks once, to check that they exist and what the teacher's weights are for. */
export async function inspectNetworks(
  { student, teacher, teacherWeights, imageSize, teacherImageSize = imageSize }: Pair,
  { train }: OwnImages,
  { networks, ...hubOptions }: HubOptions & Pick<OwnParts, 'networks'>,
): Promise<NetworkSetup> {
  const options = { classes: train.classes.length, imageSize, networks };
  const studentModel = createModel(student, options, new Random(0));
  const { family: studentFamily } = studentModel;
  disposeModule(studentModel);

  const model = createModel(teacher, { ...options, imageSize: teacherImageSize }, new Random(0));
  const families = { teacherFamily: model.family, studentFamily };
  try {
    if (teacherWeights === undefined) return families;
    const loaded = await loadWeights(model, teacherWeights, { ...hubOptions, allowHeadMismatch: true });
    const { file, headLoaded, images, normalisation = train } = loaded;
    return {
      ...families,
      ...(headLoaded ? { weights: file } : { initial: file }),
      ...(!sameNormalisation(normalisation, train) && { normalisation }),
      ...(images && { interpolation: images.interpolation }),
    };
  } finally {
    disposeModule(model);
  }
}
