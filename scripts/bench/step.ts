import type { Batch } from '../../lib/data/loading/batch';
import { createDistillation } from '../../lib/methods/methods';
import { parameterCount, parameters, setPrecision } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import { Random } from '../../lib/tensor/random';
import { backendInfo } from '../../lib/tensor/engine/backendInfo';
import * as tf from '../../lib/tensor/engine/tf';
import type { CompileMode } from '../../lib/tensor/engine/compileMode';
import { withTf32 } from '../../lib/tensor/engine/tf32';
import { compiledStep } from '../../lib/training/step/compiledStep';
import { trainedParameters } from '../../lib/training/step/gradients';
import { Optimizer } from '../../lib/training/step/optimizer';
import { eagerStep } from '../../lib/training/step/trainingStep';

export interface StepOptions {
  readonly student: string;
  readonly teacher: string;
  readonly size: number;
  readonly batch: number;
  /** Trains with the label loss only: no teacher, no branches. */
  readonly vanilla: boolean;
  /** Uses mixed precision, like a recipe's `precision`. */
  readonly bf16: boolean;
  /** Uses TF32, like a recipe's `precision`. */
  readonly tf32?: boolean;
  /** Default: op by op. */
  readonly compile?: CompileMode;
}

/**
 * A training step that can be repeated: teacher and student forward, four exit branches, OFA loss, backward pass,
 * SGD with Nesterov momentum.
 */
export interface PreparedStep {
  readonly parameters: number;
  readonly branchParameters: number;
  /** The networks by role, for a profile. */
  readonly modules: Readonly<Record<'student' | 'teacher' | 'branches', object>>;
  /** Runs one step on the same random batch. */
  run(): void;
}

export function prepareStep({
  student: studentName,
  teacher: teacherName,
  size,
  batch: count,
  vanilla,
  bf16,
  tf32 = false,
  compile = 'off',
}: StepOptions): PreparedStep {
  const classes = 100;
  const random = new Random(0);
  const student = createModel(studentName, { classes, imageSize: size }, random.fork('student'));
  const teacher = createModel(teacherName, { classes, imageSize: size }, random.fork('teacher'));
  const labels = Array.from({ length: count }, () => random.integer(classes));
  const setting = { student, teacher, examples: count, labels, random: random.fork('method') };
  const distillation = createDistillation({ kind: vanilla ? 'scratch' : 'ofa' }, setting);
  if (bf16) for (const module of [student, teacher, distillation.modules]) setPrecision(module, 'bfloat16');
  const trained = trainedParameters(student, distillation);
  const optimizer = new Optimizer({ name: 'sgd', momentum: 0.9, nesterov: true }, trained, 2e-3, { everything: true });
  const batch: Batch = {
    images: tf.randomNormal([count, size, size, 3]),
    labels: tf.tensor1d(labels, 'int32'),
    indices: Uint32Array.from(labels.keys()),
  };
  const objective = {
    student,
    ...(vanilla ? {} : { teacher }),
    distillation,
    trained,
    labelWeight: 1,
    labelSmoothing: 0.1,
  };
  const state = [...parameters(student, 'student.'), ...parameters(distillation.modules, 'method.')];
  const stepParts = { objective, state, optimizer };
  const training = compile === 'off' ? eagerStep(stepParts) : compiledStep(stepParts, { xla: compile === 'xla' });
  let step = 0;
  const run = (): void => {
    if (training.whole && backendInfo().device === 'GPU') {
      training.whole([batch], 0.05, ++step).read();
      return;
    }
    const { gradients, logits } = training.differentiate(batch);
    training.update(gradients, undefined, 0.05, ++step);
    tf.dispose([Object.values(gradients), logits]);
  };
  return {
    parameters: parameterCount(student),
    branchParameters: parameterCount(distillation.modules),
    modules: { student, teacher, branches: distillation.modules },
    run: tf32 ? () => withTf32(run) : run,
  };
}
