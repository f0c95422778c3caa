import { z } from 'zod';
import { dkdLoss } from '../../lib/losses/dkd';
import { kdLoss } from '../../lib/losses/kd';
import { ofaLoss, ofaWeights } from '../../lib/losses/ofa';
import { rldLoss } from '../../lib/losses/rld';
import { exampleWeights, gradientCosines, meanLogitCosine, stageWeight } from '../../lib/losses/spofa';
import { srdLoss } from '../../lib/losses/srd';
import { standardiseLogits } from '../../lib/losses/standardise';
import { ttmLoss } from '../../lib/losses/ttm';
import { wttmLoss } from '../../lib/losses/wttm';
import { digest, digestError } from '../../lib/reference/digest';
import { input, parameter } from '../../lib/reference/fill';
import * as tf from '../../lib/tensor/engine/tf';
import { compareNumber, type Check } from './check';
import { evaluate, type Mode } from './evaluate';
import { digestSchema } from './schemas';

const common = { value: z.number(), gradient: digestSchema };
const spofa = { ...common, exponent: z.number(), momentum: z.number(), scale: z.number(), first: z.string() };
const caseSchema = z.discriminatedUnion('loss', [
  z.object({ ...common, loss: z.literal('kd'), temperature: z.number(), standardise: z.literal(true) }),
  z.object({
    ...common,
    loss: z.literal('dkd'),
    alpha: z.number(),
    beta: z.number(),
    temperature: z.number(),
    standardise: z.literal(true),
  }),
  z.object({ ...common, loss: z.literal('ttm'), exponent: z.number() }),
  z.object({ ...common, loss: z.literal('wttm'), exponent: z.number() }),
  z.object({
    ...common,
    loss: z.literal('rld'),
    alpha: z.number(),
    beta: z.number(),
    temperature: z.number(),
    alpha_temperature: z.number(),
    standardise: z.boolean(),
  }),
  z.object({ ...common, loss: z.literal('srd'), exponent: z.number(), epsilon: z.number() }),
  z.object({ ...spofa, loss: z.literal('spofa_logits') }),
  z.object({ ...spofa, loss: z.literal('spofa_stage'), second: z.string(), weight: z.number() }),
]);

/** Reference values of the methods of 2024 to 2026. */
export const modernLossesSchema = z.object({
  prefix: z.string(),
  batch: z.number(),
  classes: z.number(),
  feature_student: z.number(),
  feature_teacher: z.number(),
  inputs: z.record(z.number()),
  labels: z.array(z.number()),
  cases: z.array(caseSchema),
});

type File = z.infer<typeof modernLossesSchema>;
type Case = z.infer<typeof caseSchema>;

/** Value and gradient of every case. */
export function checkModernLosses(file: File, mode: Mode): Check[] {
  return file.cases.flatMap((entry) => {
    const checks: Check[] = [];
    tf.tidy(() => void checks.push(...checkCase(entry, file, mode)));
    return checks;
  });
}

function checkCase(entry: Case, file: File, mode: Mode): Check[] {
  const described = Object.entries(entry).filter(([key, value]) => key !== 'value' && typeof value !== 'object');
  const name = described.map(([key, value]) => (key === 'loss' ? String(value) : `${key} ${String(value)}`)).join(' ');
  const x = differentiated(entry, file);
  const loss = tf.valueAndGrad((at: tf.Tensor2D) => tf.mean<tf.Scalar>(lossOf(entry, at, file)));
  const [value, grad] = evaluate(mode, () => {
    const result = loss(x);
    return [result.value, result.grad];
  });
  const error = digestError(digest(grad!.dataSync(), grad!.shape, 'gradient'), entry.gradient, 1e-4);
  return [
    compareNumber(`${name}: value`, value!.dataSync()[0] ?? NaN, entry.value, 1e-5, 'relative'),
    { name: `${name}: gradient`, ...(error && { error }) },
  ];
}

/** The tensor with respect to which the reference gradient is taken. */
function differentiated(entry: Case, file: File): tf.Tensor2D {
  if (entry.loss === 'srd') return tensor(file, 'feature_student', file.feature_student);
  return tensor(file, entry.loss === 'spofa_stage' ? entry.second : 'logits_student', file.classes);
}

function lossOf(entry: Case, x: tf.Tensor2D, file: File): tf.Tensor {
  const teacher = tensor(file, 'logits_teacher', file.classes);
  const labels = tf.tensor1d(file.labels, 'int32');
  switch (entry.loss) {
    case 'kd':
      return kdLoss(standardiseLogits(x), standardiseLogits(teacher), entry);
    case 'dkd':
      return dkdLoss(standardiseLogits(x), standardiseLogits(teacher), labels, entry);
    case 'ttm':
      return ttmLoss(x, teacher, entry);
    case 'wttm':
      return wttmLoss(x, teacher, entry);
    case 'rld': {
      const scaled = entry.standardise ? standardiseLogits : (logits: tf.Tensor2D): tf.Tensor2D => logits;
      return rldLoss(scaled(x), scaled(teacher), labels, { ...entry, alphaTemperature: entry.alpha_temperature });
    }
    case 'srd':
      return srd(entry, x, teacher, file);
    case 'spofa_logits':
      return spofaLogits(entry, x, teacher, labels, file);
    case 'spofa_stage':
      return spofaStage(entry, x, teacher, labels, file);
  }
}

function srd(options: Extract<Case, { loss: 'srd' }>, x: tf.Tensor2D, teacher: tf.Tensor2D, file: File): tf.Scalar {
  const shape: [number, number] = [file.feature_teacher, file.feature_student];
  const weight = tf.tensor2d(parameter(`${file.prefix}linear.weight`, shape), shape);
  const bias = tf.tensor1d(parameter(`${file.prefix}linear.bias`, [file.feature_teacher]));
  const projected = tf.add<tf.Tensor2D>(tf.matMul(x, weight, false, true), bias);
  const kl = kdLoss(tensor(file, 'logits_student', file.classes), teacher, { temperature: 1 });
  return tf.add(srdLoss(projected, tensor(file, 'feature_teacher', file.feature_teacher), options), tf.mean(kl));
}

function spofaLogits(
  { exponent, momentum, scale, first }: Extract<Case, { loss: 'spofa_logits' }>,
  x: tf.Tensor2D,
  teacher: tf.Tensor2D,
  labels: tf.Tensor1D,
  file: File,
): tf.Tensor1D {
  const weights = ofaWeights(teacher, labels, { exponent });
  const before = tf.mean(gradientCosines(tensor(file, first, file.classes), weights, labels));
  const cosines = gradientCosines(tensor(file, 'logits_student', file.classes), weights, labels);
  const mean = tf.add<tf.Scalar>(tf.mul(before, momentum), tf.mul(tf.mean(cosines), 1 - momentum));
  return tf.mul(ofaLoss(x, teacher, labels, { exponent }), exampleWeights(cosines, mean, scale));
}

function spofaStage(
  { exponent, scale, first, second, weight: expected }: Extract<Case, { loss: 'spofa_stage' }>,
  x: tf.Tensor2D,
  teacher: tf.Tensor2D,
  labels: tf.Tensor1D,
  file: File,
): tf.Tensor1D {
  const cosine = (name: string): tf.Scalar => meanLogitCosine(tensor(file, name, file.classes), teacher);
  const weight = stageWeight(cosine(second), cosine(first), scale);
  const isExpected = tf.lessEqual(tf.abs(tf.sub(weight, expected)), 1e-5);
  return tf.mul(ofaLoss(x, teacher, labels, { exponent }), tf.where(isExpected, weight, NaN));
}

function tensor({ prefix, batch, inputs }: File, name: string, width: number): tf.Tensor2D {
  const scale = inputs[name] ?? inputs[name.replace(/\d.*$/, '')] ?? NaN;
  return tf.tensor2d(input(prefix + name, [batch, width], scale), [batch, width]);
}
