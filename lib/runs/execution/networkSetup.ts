import type { Normalisation } from '../../data/datasets/normalisation';
import type { HubOptions } from '../../io/download/huggingFace';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import { loadWeights } from '../../models/weights/pretrained';
import { savedInput } from '../../models/weights/savedInput';
import { createModel } from '../../models/zoo';
import { Random } from '../../tensor/random';
import type { OwnParts } from '../../training/recipe/ownParts';
import type { OwnImages } from '../inputs/ownImages';
import type { Pair, PairTeacher } from './ownPair';

/** What is known of the networks before the first run. */
export interface NetworkSetup {
  readonly studentFamily: Model['family'];
  /** In the order of the pair. */
  readonly teachers: readonly TeacherSetup[];
  /** The normalisation of the images for all networks: what the first teacher's weights expect, or else ImageNet's. */
  readonly normalisation: Normalisation;
}

export interface TeacherSetup {
  readonly family: Model['family'];
  /** The teacher's weights, if they are for the classes of the images. */
  readonly weights?: string;
  /** Weights for other classes, from which the teacher's training starts. */
  readonly initial?: string;
  /** The normalisation that its weights expect. */
  readonly normalisation?: Normalisation;
  /** How images are resized for the teacher's weights, if their repository states it. */
  readonly interpolation?: 'bicubic' | 'bilinear';
  /** What the user should know of how the weights are used. */
  readonly notice?: string;
}

type InspectOptions = HubOptions & Pick<OwnParts, 'networks'>;

/** Creates each network once, to check that it exists and what the teachers' weights are for. */
export async function inspectNetworks(
  { student, teachers, imageSize }: Pair,
  { train }: OwnImages,
  options: InspectOptions,
): Promise<NetworkSetup> {
  const size = { classes: train.classes.length, imageSize };
  const studentModel = createModel(student, { ...size, networks: options.networks }, new Random(0));
  const { family: studentFamily } = studentModel;
  disposeModule(studentModel);
  const setups: TeacherSetup[] = [];
  for (const teacher of teachers) setups.push(await inspectTeacher(teacher, train, imageSize, options));
  return { studentFamily, teachers: setups, normalisation: setups[0]?.normalisation ?? train };
}

async function inspectTeacher(
  { model: name, weights, imageSize }: PairTeacher,
  train: OwnImages['train'],
  studentImageSize: number,
  { networks, ...hubOptions }: InspectOptions,
): Promise<TeacherSetup> {
  const size = { classes: train.classes.length, imageSize: imageSize ?? studentImageSize };
  const model = createModel(name, { ...size, networks }, new Random(0));
  const { family } = model;
  try {
    if (weights === undefined) return { family };
    const loaded = await loadWeights(model, weights, { ...hubOptions, allowHeadMismatch: true });
    const { file, headLoaded, images, metadata, normalisation = train } = loaded;
    const trainedSize = savedInput(metadata, file)?.imageSize ?? defaultImageSize(name, networks);
    return {
      family,
      ...(imageSize === undefined &&
        trainedSize !== studentImageSize && {
          notice:
            `${name} reads images of ${studentImageSize} pixels here, and its weights are for ${trainedSize}. ` +
            `Its accuracy may be lower. --teacher-image-size ${trainedSize} resizes the images for it.`,
        }),
      normalisation,
      ...(headLoaded ? { weights: file } : { initial: file }),
      ...(images && { interpolation: images.interpolation }),
    };
  } finally {
    disposeModule(model);
  }
}

function defaultImageSize(name: string, networks: OwnParts['networks']): number {
  const model = createModel(name, { classes: 2, networks }, new Random(0));
  disposeModule(model);
  return model.imageSize;
}
