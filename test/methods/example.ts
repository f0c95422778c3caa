import { distillationOf, type MethodSpec } from '../../lib/methods/methods';
import type { Distillation } from '../../lib/methods/method';
import type { Model } from '../../lib/models/model';
import { disposeModule, parameters } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import type { Batch } from '../../lib/data/loading/batch';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { trainedParameters, type Objective } from '../../lib/training/step/gradients';

/** A method for small networks: its objective, and a batch. */
export interface Example {
  readonly student: Model;
  readonly teacher: Model;
  readonly distillation: Distillation;
  readonly objective: Objective;
  readonly batch: Batch;
  dispose(): void;
}

export interface ExampleOptions {
  readonly student?: string;
  readonly teacher?: string;
  readonly classes?: number;
  readonly examples?: number;
  readonly labelWeight?: number;
}

/** Creates networks of 32 px with noise on their weights, because fresh weights have zeros that stop gradients. */
export function example(
  spec: MethodSpec,
  {
    student: studentName = 'mixer_64',
    teacher: teacherName = 'resnet_16',
    classes = 5,
    examples = 8,
    labelWeight = 0,
  }: ExampleOptions = {},
): Example {
  const random = new Random(3);
  const network = (name: string, label: string): Model =>
    roughened(createModel(name, { classes, imageSize: 32 }, random.fork(label)), random.fork(`${label} rough`));
  const student = network(studentName, 'student');
  const teacher = network(teacherName, 'teacher');
  const labels = Int32Array.from({ length: examples }, (_, i) => i % classes);
  const distillation = distillationOf(spec, { student, teacher, examples, labels, random: random.fork('method') });
  const trained = trainedParameters(student, distillation);
  const pixels = random.fork('pixels');
  const batch = {
    images: tf.tensor4d(
      Float32Array.from({ length: examples * 32 * 32 * 3 }, () => pixels.normal()),
      [examples, 32, 32, 3],
    ),
    labels: tf.tensor1d(labels, 'int32'),
    indices: Uint32Array.from(labels.keys()),
  };
  return {
    student,
    teacher,
    distillation,
    batch,
    objective: { student, teacher, distillation, trained, labelWeight, labelSmoothing: 0 },
    dispose: () => {
      for (const module of [student, teacher, distillation.modules]) disposeModule(module);
      tf.dispose([batch.images, batch.labels]);
    },
  };
}

function roughened(model: Model, random: Random): Model {
  for (const [, { variable, trainable }] of parameters(model)) {
    if (!trainable) continue;
    tf.tidy(() =>
      variable.assign(
        tf.add(
          variable,
          tf.tensor(
            Float32Array.from({ length: variable.size }, () => 0.05 * random.normal()),
            variable.shape,
          ),
        ),
      ),
    );
  }
  return model;
}
