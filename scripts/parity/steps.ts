import { z } from 'zod';
import type { Batch } from '../../lib/data/loading/batch';
import type { Distillation } from '../../lib/methods/method';
import { methodNamed } from '../../lib/methods/methods';
import { torchShape, toTorchLayout } from '../../lib/models/weights/layout';
import { MlpMixer } from '../../lib/models/networks/mlpMixer';
import type { Model } from '../../lib/models/model';
import { disposeModule, parameters, type NamedParameter } from '../../lib/models/parameter';
import { ResNet } from '../../lib/models/networks/resnet';
import { VisionTransformer } from '../../lib/models/networks/visionTransformer';
import { type Digest } from '../../lib/reference/digest';
import { input } from '../../lib/reference/fill';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import { compiledStep } from '../../lib/training/step/compiledStep';
import { Optimizer } from '../../lib/training/step/optimizer';
import { eagerStep, type StepParts, type TrainingStep } from '../../lib/training/step/trainingStep';
import { releasedName } from './branchNames';
import { check, compareNumber, compareTensor, type Check } from './check';
import { evaluate, type Mode } from './evaluate';
import { fillNamed } from './fillParameters';
import { digestSchema, stateSchema } from './schemas';
import { stateError } from './state';

const stepSchema = z.object({
  loss_gt: z.number(),
  loss_kd: z.number(),
  loss_ofa: z.number(),
  total: z.number(),
  logits: digestSchema,
  gradients: z.record(digestSchema).optional(),
});

export const stepsSchema = z.array(
  z.object({
    student: z.string(),
    teacher: z.string(),
    eps: z.array(z.number()),
    image: z.object({
      name: z.string(),
      scale: z.number(),
      shape_nhwc: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
    labels: z.array(z.number()),
    final_grid: z.number(),
    label_smoothing: z.number(),
    optimizer: z.object({
      name: z.literal('sgd'),
      lr: z.number(),
      momentum: z.number(),
      nesterov: z.boolean(),
      weight_decay: z.number(),
    }),
    steps: z.array(stepSchema),
    eval_logits_after: digestSchema,
    state: z.object({ 'student.': stateSchema, 'teacher.': stateSchema, 'projector.': stateSchema }),
  }),
);

type Run = z.infer<typeof stepsSchema>[number];
type Expected = z.infer<typeof stepSchema>;

const classes = 10;

/** Compares whole OFA training steps: loss parts, logits, first gradients, and the evaluation after them. */
export function checkSteps(runs: z.infer<typeof stepsSchema>, mode: Mode): Check[] {
  return runs.flatMap((run) => checkRun(run, mode));
}

function checkRun(run: Run, mode: Mode): Check[] {
  const { image, labels, eps, optimizer: settings } = run;
  const title = `${run.student} with teacher ${run.teacher}`;
  const student = tiny(run.student, image.shape_nhwc[1]);
  const teacher = tiny(run.teacher, image.shape_nhwc[1]);
  const method = methodNamed('ofa');
  const distillation = method.create(
    method.options.parse({ exponent: eps.length === 1 ? eps[0] : eps, finalGrid: run.final_grid }),
    { student, teacher, examples: labels.length, labels, random: new Random(0) },
  );
  const branches = branchParameters(student, distillation);
  const all = [...parameters(student, 'student.'), ...branches];
  const trained = all.filter(([, { trainable }]) => trainable);
  const optimizer = new Optimizer(
    { name: 'sgd', momentum: settings.momentum, nesterov: settings.nesterov },
    trained,
    settings.weight_decay,
    { everything: true },
  );
  const batch: Batch = {
    images: tf.tensor4d(input(image.name, image.shape_nhwc, image.scale), image.shape_nhwc),
    labels: tf.tensor1d(labels, 'int32'),
    indices: Uint32Array.from(labels.keys()),
  };
  const objective = { student, teacher, distillation, trained, labelWeight: 1, labelSmoothing: run.label_smoothing };
  const stepParts = { objective, state: all, optimizer };
  const step = mode === 'eager' ? eagerStep(stepParts) : compiledStep(stepParts, { xla: mode === 'xla' });
  try {
    fillNamed([...all, ...parameters(teacher, 'teacher.')]);
    const logits = (): tf.Tensor => evaluate(mode, () => [student.forward(batch.images, { mode: 'eval' }).logits])[0]!;
    const afterwards = (how: string): Check =>
      feature(`${title}${how}: evaluation after`, 'logits', logits, run.eval_logits_after, 1e-3);
    if (mode !== 'eager') compileAndReset(stepParts, (call) => stepByParts(step, batch, call));
    const checks = [
      ...checkState(title, run, { student, teacher, branches }),
      ...run.steps.flatMap((expected, i) => checkStep(title, i, expected, { step, batch, all, rate: settings.lr })),
      afterwards(''),
    ];
    const { whole } = step;
    if (!whole) return checks;
    const takeWhole = (number: number): LossParts => whole.call(step, [batch], settings.lr, number).read().parts;
    compileAndReset(stepParts, takeWhole);
    const ofWhole = run.steps.flatMap((expected, i) =>
      checkLosses(`${title} as one function, step ${i + 1}`, takeWhole(i + 1), expected, toleranceOf(i)),
    );
    return [...checks, ...ofWhole, afterwards(' as one function')];
  } finally {
    step.dispose();
    optimizer.dispose();
    for (const module of [student, teacher, distillation.modules]) disposeModule(module);
    tf.dispose([batch.images, batch.labels]);
  }
}

/** The parameters of the exit branches, with the names of the released code. */
function branchParameters(student: Model, { modules }: Distillation): NamedParameter[] {
  return ([1, 2, 3, 4] as const).flatMap((stage) =>
    parameters(modules)
      .filter(([path]) => path.startsWith(`branch${stage}.`))
      .map(([path, parameter]): NamedParameter => {
        const place = { stage, shape: student.stageShapes[stage - 1]! };
        return [`projector.${stage}.${releasedName(path.slice('branch1.'.length), place)}`, parameter];
      }),
  );
}

interface Compared {
  readonly student: Model;
  readonly teacher: Model;
  readonly branches: readonly NamedParameter[];
}

function checkState(title: string, { state }: Run, { student, teacher, branches }: Compared): Check[] {
  const compare = (name: string, prefix: keyof Run['state'], named: readonly NamedParameter[]): Check => {
    const shapes = named.map(([path, parameter]) => [path.slice(prefix.length), torchShape(parameter)] as const);
    return check(`${title}: ${name} state`, stateError(shapes, state[prefix]));
  };
  return [
    compare("student's", 'student.', parameters(student, 'student.')),
    compare("teacher's", 'teacher.', parameters(teacher, 'teacher.')),
    compare("branches'", 'projector.', branches),
  ];
}

interface StepInput {
  readonly step: TrainingStep;
  readonly batch: Batch;
  readonly all: readonly NamedParameter[];
  readonly rate: number;
}

/** Compares one step, counted from 0, and updates the weights. */
function checkStep(title: string, i: number, expected: Expected, { step, batch, all, rate }: StepInput): Check[] {
  const tolerance = toleranceOf(i);
  const name = `${title}, step ${i + 1}`;
  const { parts, gradients, logits } = step.differentiate(batch);
  const checks = [
    ...checkLosses(name, parts, expected, tolerance),
    feature(`${name}: logits`, 'logits', () => tf.clone(logits), expected.logits, Math.max(tolerance, 1e-4)),
    ...Object.entries(expected.gradients ?? {}).map(([path, gradient]) =>
      gradientCheck(title, path, all, gradients[path], gradient),
    ),
  ];
  step.update(gradients, undefined, rate, i + 1);
  tf.dispose([Object.values(gradients), logits]);
  return checks;
}

type LossParts = Readonly<Record<string, number>>;

/** The first step is compared as closely as a loss; rounding grows in the later ones. */
function toleranceOf(i: number): number {
  return i === 0 ? 1e-5 : 1e-3;
}

function checkLosses(name: string, parts: LossParts, expected: Expected, tolerance: number): Check[] {
  const { label = NaN, logits: kd = NaN, ...branchParts } = parts;
  const ofa = Object.values(branchParts).reduce((sum, part) => sum + part, 0);
  return [
    compareNumber(`${name}: label`, label, expected.loss_gt, tolerance, 'relative'),
    compareNumber(`${name}: logits' loss`, kd, expected.loss_kd, tolerance, 'relative'),
    compareNumber(`${name}: branches' loss`, ofa, expected.loss_ofa, tolerance, 'relative'),
    compareNumber(`${name}: total`, label + kd + ofa, expected.total, tolerance, 'relative'),
  ];
}

function stepByParts(step: TrainingStep, batch: Batch, call: number): void {
  const { gradients, logits } = step.differentiate(batch);
  step.update(gradients, undefined, 0, call);
  tf.dispose([Object.values(gradients), logits]);
}

/** Takes steps, counted from 1, until they are compiled, then returns to the start. */
function compileAndReset({ state, optimizer }: StepParts, take: (call: number) => void): void {
  for (let call = 1; call <= 3; call++) take(call);
  fillNamed(state);
  tf.tidy(() => optimizer.state().forEach((slot) => slot.assign(tf.zerosLike(slot))));
}

/** Compares gradients, which the reference stores in PyTorch's layout. */
function gradientCheck(
  title: string,
  name: string,
  all: readonly NamedParameter[],
  actual: tf.Tensor | undefined,
  expected: Digest,
): Check {
  const found = all.find(([path]) => path === name);
  const label = `${title}: gradient of ${name}`;
  if (!found || !actual) return check(label, 'there is none');
  return feature(label, name, () => toTorchLayout(actual, found[1].layout), expected, 1e-3);
}

function feature(name: string, label: string, actual: () => tf.Tensor, expected: Digest, tolerance: number): Check {
  const tensor = tf.tidy(actual);
  const compared = compareTensor(name, label, tensor, expected, tolerance);
  tensor.dispose();
  return compared;
}

/** The networks that the reference names in `architectures`. */
function tiny(name: string, imageSize: number): Model {
  const random = new Random(0);
  switch (name) {
    case 'tiny_resnet':
      return new ResNet(
        name,
        classes,
        { imageSize, block: 'basic', depths: [1, 1, 1, 1], channels: 64, stem: 'imagenet' },
        random,
      );
    case 'tiny_vit':
      return new VisionTransformer(name, classes, { imageSize, patch: 8, width: 48, depth: 4, heads: 3 }, random);
    case 'tiny_mixer':
      return new MlpMixer(name, classes, { imageSize, patch: 8, width: 32, depth: 4 }, random);
    case 'fine_mixer':
      return new MlpMixer(name, classes, { imageSize, patch: 4, width: 16, depth: 4 }, random);
    default:
      throw new Error(`the reference has a network named ${name}, which has no description here`);
  }
}
