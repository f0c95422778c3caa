import { z } from 'zod';
import { UserError } from '../../lib/errors';
import { ccLoss } from '../../lib/losses/cc';
import { crdLoss, crdLogZ, updateCrdMemory, type CrdBatch } from '../../lib/losses/crd';
import { bkdLoss } from '../../lib/losses/bkd';
import { crossEntropy } from '../../lib/losses/crossEntropy';
import { distLoss } from '../../lib/losses/dist';
import { dkdLoss } from '../../lib/losses/dkd';
import { kdLoss } from '../../lib/losses/kd';
import type { Labels } from '../../lib/losses/labels';
import { normalise } from '../../lib/losses/norm';
import { ofaLoss } from '../../lib/losses/ofa';
import { rkdLoss } from '../../lib/losses/rkd';
import { rsdLoss } from '../../lib/losses/rsd';
import { digest, digestError } from '../../lib/reference/digest';
import { input, parameter } from '../../lib/reference/fill';
import * as tf from '../../lib/tensor/engine/tf';
import { compareNumber, type Check } from './check';
import { evaluate, type Mode } from './evaluate';
import { digestSchema } from './schemas';

const common = { value: z.number(), gradient: digestSchema, labels: z.literal('soft').optional() };
const caseSchema = z.discriminatedUnion('loss', [
  z.object({
    ...common,
    loss: z.literal('ofa'),
    form: z.enum(['released', 'paper']).default('released'),
    eps: z.number(),
    temperature: z.number(),
  }),
  z.object({ ...common, loss: z.literal('kd'), temperature: z.number() }),
  z.object({ ...common, loss: z.literal('bkd') }),
  z.object({ ...common, loss: z.literal('dkd'), alpha: z.number(), beta: z.number(), temperature: z.number() }),
  z.object({ ...common, loss: z.literal('dist'), beta: z.number(), gamma: z.number(), tau: z.number() }),
  z.object({ ...common, loss: z.literal('cross_entropy'), label_smoothing: z.number() }),
  z.object({ ...common, loss: z.literal('soft_cross_entropy') }),
  z.object({ ...common, loss: z.literal('rkd'), distance_weight: z.number(), angle_weight: z.number() }),
  z.object({ ...common, loss: z.literal('correlation'), scale: z.number(), embedding: z.number() }),
  z.object({ ...common, loss: z.literal('rsd'), kappa: z.number(), input: z.string() }),
  z.object({
    ...common,
    loss: z.literal('crd'),
    data: z.number(),
    embedding: z.number(),
    temperature: z.number(),
    momentum: z.number(),
    calls: z.number(),
    index: z.array(z.number()),
    contrast: z.array(z.array(z.number())),
  }),
]);

export const lossesSchema = z.object({
  prefix: z.string(),
  batch: z.number(),
  classes: z.number(),
  feature_student: z.number(),
  feature_teacher: z.number(),
  inputs: z.record(z.number()),
  labels: z.array(z.number()),
  cases: z.array(caseSchema),
});

export type LossesFile = z.infer<typeof lossesSchema>;
type Case = z.infer<typeof caseSchema>;

/** Compares value and gradient of every case. */
export function checkLosses(file: LossesFile, mode: Mode): Check[] {
  const inputs = new Inputs(file);
  return file.cases.flatMap((entry) => {
    const checks: Check[] = [];
    tf.tidy(() => void checks.push(...checkCase(entry, inputs, mode)));
    return checks;
  });
}

function checkCase(entry: Case, inputs: Inputs, mode: Mode): Check[] {
  const { gradient: _, value: expected, ...described } = entry;
  const name = Object.entries(described)
    .filter(([, v]) => typeof v !== 'object')
    .map(([k, v]) => `${k === 'loss' ? '' : `${k} `}${String(v)}`)
    .join(' ');
  const relational = ['dist', 'rkd', 'correlation', 'crd', 'rsd'].includes(entry.loss);
  const x = inputs.differentiated(entry);
  const loss = tf.valueAndGrad((at: tf.Tensor2D) => tf.mean<tf.Scalar>(lossOf(entry, at, inputs)));
  const [value, grad] = evaluate(mode, () => {
    const result = loss(x);
    return [result.value, result.grad];
  });
  const error = digestError(digest(grad!.dataSync(), grad!.shape, 'gradient'), entry.gradient, 1e-4);
  return [
    compareNumber(`${name}: value`, value!.dataSync()[0] ?? NaN, expected, relational ? 1e-4 : 1e-5, 'relative'),
    { name: `${name}: gradient`, ...(error && { error }) },
  ];
}

/** The loss as a function of the student's logits or features. */
function lossOf(entry: Case, x: tf.Tensor2D, inputs: Inputs): tf.Tensor {
  const teacher = inputs.logits('logits_teacher');
  const labels = inputs.labels(entry.labels);
  switch (entry.loss) {
    case 'ofa':
      return ofaLoss(x, teacher, labels, { exponent: entry.eps, temperature: entry.temperature, form: entry.form });
    case 'kd':
      return kdLoss(x, teacher, entry);
    case 'bkd':
      return bkdLoss(x, teacher);
    case 'dkd':
      return dkdLoss(x, teacher, labels, entry);
    case 'dist':
      return distLoss(x, teacher, { ...entry, temperature: entry.tau });
    case 'cross_entropy':
      return crossEntropy(x, labels, { smoothing: entry.label_smoothing });
    case 'soft_cross_entropy':
      return crossEntropy(x, labels);
    case 'rkd':
      return rkdLoss(x, inputs.feature('feature_teacher'), {
        distanceWeight: entry.distance_weight,
        angleWeight: entry.angle_weight,
      });
    case 'correlation':
      return tf.mul(ccLoss(...inputs.embeddings(x, entry.embedding)), entry.scale);
    case 'rsd':
      return rsdLoss(x, inputs.feature('feature_teacher'), entry);
    case 'crd':
      return crd(entry, x, inputs);
  }
}

/**
 * The loss of the last of several calls on one batch: the first call sets Z, and every call updates the memory banks.
 */
function crd(entry: Extract<Case, { loss: 'crd' }>, x: tf.Tensor2D, inputs: Inputs): tf.Scalar {
  const rows = tf.tensor2d(
    entry.contrast.map((row, i) => [entry.index[i] ?? 0, ...row]),
    undefined,
    'int32',
  );
  const batchAt = (feature: tf.Tensor2D): CrdBatch => {
    const [student, teacher] = inputs.embeddings(feature, entry.embedding);
    return { student, teacher, rows };
  };
  const bank = (name: string): tf.Tensor2D =>
    normalise(
      tf.tensor2d(input(inputs.file.prefix + name, [entry.data, entry.embedding]), [entry.data, entry.embedding]),
      1,
    );
  let memory = { student: bank('memory_v1'), teacher: bank('memory_v2') };
  const before = batchAt(inputs.feature('feature_student'));
  const normalisers = crdLogZ(before, memory, entry.temperature);
  for (let call = 1; call < entry.calls; call++) memory = updateCrdMemory(before, memory, entry.momentum);
  return crdLoss(batchAt(x), memory, normalisers, entry.temperature);
}

/** Scales that the file does not contain: 1e-5 is the one that reproduces the reference value. */
const unlistedScales: Readonly<Record<string, number>> = { feature_collapsed: 1e-5 };

/** The tensors that the cases share, generated from their names. */
class Inputs {
  constructor(readonly file: LossesFile) {}

  differentiated(entry: Case): tf.Tensor2D {
    switch (entry.loss) {
      case 'rkd':
      case 'correlation':
      case 'crd':
        return this.feature('feature_student');
      case 'rsd':
        return this.feature(entry.input);
      default:
        return this.logits('logits_student');
    }
  }

  logits(name: string): tf.Tensor2D {
    return this.tensor(name, this.file.classes);
  }

  feature(name: string): tf.Tensor2D {
    return this.tensor(name, name === 'feature_student' ? this.file.feature_student : this.file.feature_teacher);
  }

  labels(kind: 'soft' | undefined): Labels {
    const { labels, classes } = this.file;
    if (kind === undefined) return tf.tensor1d(labels, 'int32');
    const rolled = labels.map((_, i) => labels[(i + labels.length - 1) % labels.length] ?? 0);
    const hot = (indices: number[]): tf.Tensor => tf.oneHot(tf.tensor1d(indices, 'int32'), classes, 1, 0, 'float32');
    return tf.add<tf.Tensor2D>(tf.mul(hot(labels), 0.7), tf.mul(hot(rolled), 0.3));
  }

  /** Linear embeddings of the student's and the teacher's feature. */
  embeddings(student: tf.Tensor2D, width: number): [student: tf.Tensor2D, teacher: tf.Tensor2D] {
    return [
      this.linear(student, 'embed_s.linear', width),
      this.linear(this.feature('feature_teacher'), 'embed_t.linear', width),
    ];
  }

  private linear(x: tf.Tensor2D, name: string, width: number): tf.Tensor2D {
    const shape: [number, number] = [width, x.shape[1]];
    const full = this.file.prefix + name;
    return tf.add(
      tf.matMul(x, tf.tensor2d(parameter(`${full}.weight`, shape), shape), false, true),
      tf.tensor1d(parameter(`${full}.bias`, [width])),
    );
  }

  private tensor(name: string, width: number): tf.Tensor2D {
    const shape: [number, number] = [this.file.batch, width];
    const scale = this.file.inputs[name] ?? unlistedScales[name];
    if (scale === undefined) throw new UserError(`The losses' reference file gives no scale for its input "${name}".`);
    return tf.tensor2d(input(this.file.prefix + name, shape, scale), shape);
  }
}
