import { methodSize, networkCost } from '../../analysis/networkCost';
import { distillationOf } from '../../methods/methods';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import type { Gain } from '../../results/gain';
import { Random } from '../../tensor/random';
import { evaluate } from '../../training/evaluation/evaluate';
import { teachersOf, type TeacherSpec } from '../../training/recipe/teacherSpec';
import type { OwnImages } from '../inputs/ownImages';
import { loadTeacher } from '../inputs/teacher';
import type { Pair } from './ownPair';
import type { JobOptions } from './runJob';

/** The costs of student, teacher and method, and the teacher's accuracy on the validation images. */
export async function measureNetworks(
  pair: Pair,
  { train, test }: Pick<OwnImages, 'train' | 'test'>,
  teacherSpec: TeacherSpec,
  studentWeights: string,
  { signal, networks }: Pick<JobOptions, 'signal' | 'networks'>,
): Promise<Pick<Gain, 'student' | 'teacher' | 'methodParameters' | 'methodMultiplyAdds'>> {
  const { imageSize, precision } = pair;
  const weights = teachersOf(teacherSpec).map(({ weights: file }) => file);
  const load = (spec: TeacherSpec): Model => loadTeacher(spec, train, { imageSize, precision, networks }).model;
  const teacher = load(teacherSpec);
  try {
    const student = load({ model: pair.student, weights: studentWeights });
    try {
      const setting = { student, teacher, examples: train.count, labels: train.labels, random: new Random(0) };
      const distillation = distillationOf(pair.method, setting);
      const size = methodSize(distillation, student, teacher);
      disposeModule(distillation.modules);
      const { top1 } = await evaluate(teacher, test, { signal });
      return {
        student: networkCost(student),
        ...size,
        teacher: { ...networkCost(teacher), top1, weights: weights.join(', ') },
      };
    } finally {
      disposeModule(student);
    }
  } finally {
    disposeModule(teacher);
  }
}
