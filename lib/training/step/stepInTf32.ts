import { withTf32 } from '../../tensor/engine/tf32';
import type { TrainingStep } from './trainingStep';

/** A step whose products may use TF32. Functions are compiled in their first calls, and so with TF32 as well. */
export function stepInTf32(step: TrainingStep): TrainingStep {
  const { whole } = step;
  return {
    differentiate: (...given) => withTf32(() => step.differentiate(...given)),
    norm: (...given) => withTf32(() => step.norm(...given)),
    update: (...given) => withTf32(() => step.update(...given)),
    ...(whole && { whole: (...given: Parameters<typeof whole>) => withTf32(() => whole.apply(step, given)) }),
    dispose: () => step.dispose(),
  };
}
