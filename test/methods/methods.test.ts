import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../../lib/errors';
import { bkdLoss } from '../../lib/losses/bkd';
import { distLoss } from '../../lib/losses/dist';
import { dkdLoss } from '../../lib/losses/dkd';
import { kdLoss } from '../../lib/losses/kd';
import { ofaLoss } from '../../lib/losses/ofa';
import { rkdLoss } from '../../lib/losses/rkd';
import { rldLoss } from '../../lib/losses/rld';
import { srdLoss } from '../../lib/losses/srd';
import { standardiseLogits } from '../../lib/losses/standardise';
import { ttmLoss } from '../../lib/losses/ttm';
import { wttmLoss } from '../../lib/losses/wttm';
import { Linear } from '../../lib/models/layers/linear';
import { completeMethod, createDistillation, methodNamed, methods, type MethodSpec } from '../../lib/methods/methods';
import type { DrawContext, Step } from '../../lib/methods/method';
import type { TeacherAccess } from '../../lib/methods/teacherAccess';
import type { Output } from '../../lib/models/model';
import { parameters } from '../../lib/models/parameter';
import { Random } from '../../lib/tensor/random';
import * as tf from '../../lib/tensor/engine/tf';
import type { Draw } from '../../lib/tensor/engine/trace';
import { differentiate, type Gradients } from '../../lib/training/step/gradients';
import { Optimizer } from '../../lib/training/step/optimizer';
import { expectClose, largest, toArray } from '../support/close';
import { example, type Example, type ExampleOptions } from './example';

/**
 * What distinguishes the methods: the names of their loss parts, the student's parameters that get no gradient, and
 * whether the loss of an example depends on this example only.
 */
const expected: Readonly<
  Record<string, { spec?: object; parts: readonly string[]; untouched?: RegExp; perExample?: true }>
> = {
  scratch: { parts: [], untouched: /./, perExample: true },
  kd: { parts: ['logits'], perExample: true },
  bkd: { parts: ['logits'], perExample: true },
  dkd: { parts: ['logits'], perExample: true },
  dist: { parts: ['logits'] },
  fitnet: {
    parts: ['stage1', 'stage2', 'stage3', 'stage4'],
    untouched: /^student\.(head|fc|norm)\./,
    perExample: true,
  },
  correlation: { parts: ['relation'], untouched: /^student\.(head|fc)\./ },
  rkd: { parts: ['relation'], untouched: /^student\.(head|fc)\./ },
  crd: { spec: { negatives: 4, width: 16 }, parts: ['contrast'], untouched: /^student\.(head|fc)\./ },
  ofa: { parts: ['logits', 'branch1', 'branch2', 'branch3', 'branch4'], perExample: true },
  rsd: { parts: ['relation'], untouched: /^student\.(head|fc)\./ },
  ttm: { parts: ['logits'], perExample: true },
  wttm: { parts: ['logits'], perExample: true },
  rld: { parts: ['logits'], perExample: true },
  srd: { parts: ['relation', 'logits'] },
  // A larger scale makes the weights of examples differ visibly.
  spofa: { spec: { exampleScale: 50 }, parts: ['logits', 'branch1', 'branch2', 'branch3', 'branch4'] },
};

const pairs = [
  ['mixer_64', 'resnet_16'],
  ['vit_64', 'mixer_64'],
  ['resnet_16', 'vit_64'],
  ['resnet_16', 'resnet_24'],
] as const;

test('every method is tested here', () => {
  assert.deepEqual(Object.keys(expected), Object.keys(methods));
  for (const [kind, { perExample }] of Object.entries(expected))
    assert.equal(methods[kind]!.scope === 'example', perExample === true, kind);
});

for (const [kind, { spec, parts: names, untouched, perExample }] of Object.entries(expected)) {
  const method: MethodSpec = { kind, ...spec };
  describe(kind, () => {
    for (const [student, teacher] of pairs) {
      test(`${teacher} → ${student}: finite parts, and gradients for exactly the parameters that it trains`, () =>
        within(method, { student, teacher }, (made) => {
          const before = parameters(made.teacher).map(([, { value }]) => toArray(value));
          const { parts, gradients } = step(made);
          assert.deepEqual(Object.keys(parts), ['label', ...names]);
          for (const [name, part] of Object.entries(parts)) assert.ok(Number.isFinite(part), `${name} is ${part}`);
          for (const [path] of made.objective.trained) {
            const gradient = gradients[path];
            const size = gradient ? largest(gradient) : 0;
            if (untouched?.test(path)) assert.equal(size, 0, path);
            else assert.ok(size > 0 && Number.isFinite(size), `${path} has a gradient of ${size}`);
          }
          tf.dispose(Object.values(gradients));
          parameters(made.teacher).forEach(([path, { value }], i) =>
            assert.deepEqual(toArray(value), before[i], `the teacher's ${path}`),
          );
        }));
    }

    test('its loss depends on the deepest part of the teacher that it declares to read, and on none deeper', () =>
      within(method, { student: 'vit_64' }, (made) => {
        const { readsTeacher } = methods[kind]!;
        const plain = lossOf(made, (whole) => whole);
        for (const part of ['logits', 'pooled', 'stages'] as const) {
          const changed = lossOf(made, (whole) => ({ ...whole, teacher: withNoise(whole.teacher, part) }));
          if (part === readsTeacher) assert.notDeepEqual(changed, plain, part);
          else if (depth[part] > depth[readsTeacher]) assert.deepEqual(changed, plain, part);
        }
      }));

    test('stays finite with two classes', () =>
      within(method, { classes: 2, labelWeight: 1 }, (made) => {
        const { parts, gradients } = step(made);
        for (const number of [...Object.values(parts), ...Object.values(gradients).map(largest)])
          assert.ok(Number.isFinite(number));
        tf.dispose(Object.values(gradients));
      }));

    test('stays finite with soft labels and a student that equals its teacher', () =>
      within(method, { student: 'resnet_16', teacher: 'resnet_16', labelWeight: 1 }, (made) => {
        const own = new Map(parameters(made.student));
        for (const [path, { variable }] of parameters(made.teacher))
          tf.tidy(() => own.get(path)!.variable.assign(tf.clone(variable)));
        const soft = tf.softmax(tf.randomNormal<tf.Rank.R2>([8, 5], 0, 2, 'float32', 11));
        const { parts, gradients, logits } = differentiate(made.objective, { ...made.batch, labels: soft });
        for (const number of [...Object.values(parts), ...Object.values(gradients).map(largest)])
          assert.ok(Number.isFinite(number));
        tf.dispose([Object.values(gradients), logits, soft]);
      }));

    test('leaks no tensor in three steps', () =>
      within(method, { student: 'vit_64' }, (made) => {
        const optimizer = new Optimizer({ name: 'sgd', momentum: 0.9, nesterov: true }, made.objective.trained, 0);
        const counts = [1, 2, 3].map((number) => {
          const { gradients } = step(made);
          optimizer.update(gradients, 1e-3, number);
          tf.dispose(Object.values(gradients));
          return tf.memory().numTensors;
        });
        assert.deepEqual(
          counts,
          counts.map(() => counts[0]),
        );
        optimizer.dispose();
      }));

    test('treats one-hot soft labels as class indices', () =>
      within(method, { student: 'vit_64' }, (made) => {
        const hard = lossOf(made, (whole) => whole);
        // CRD updates its memory after the step only, so that the same batch has the same loss.
        const soft = lossOf(made, (whole) => ({
          ...whole,
          labels: tf.oneHot(tf.cast(whole.labels, 'int32'), 5, 1, 0, 'float32') as tf.Tensor2D,
        }));
        expectClose(soft, hard);
      }));

    if (kind !== 'crd')
      test(
        perExample
          ? 'the loss of a batch is the mean of the losses of its halves'
          : 'the loss of a batch is not the mean of the losses of its halves',
        () =>
          within(method, {}, (made) => {
            const halves = [
              [0, 4],
              [4, 4],
            ].map(([start, size]) => lossOf(made, (whole) => sliced(whole, start!, size!)));
            const mean = halves[0]!.map((value, i) => (value + halves[1]![i]!) / 2);
            const whole = lossOf(made, (all) => all);
            if (perExample) expectClose(mean, whole, { relative: 1e-5 });
            else assert.ok(mean.some((value, i) => Math.abs(value - whole[i]!) > 1e-3 * Math.abs(value)));
          }),
      );
  });
}

describe('a student that equals its teacher', () => {
  for (const kind of ['kd', 'dkd', 'dist', 'rkd']) {
    test(`has no loss and no gradient: ${kind}`, () =>
      within({ kind }, { student: 'resnet_16', teacher: 'resnet_16' }, (made) => {
        const loss = alike(made);
        // DIST adds 1e-8 to norms, which is visible for classes whose probability hardly varies.
        const absolute = kind === 'dist' ? 1e-3 : 1e-5;
        expectClose(loss.value, 0, { absolute });
        expectClose(
          loss.gradient,
          toArray(loss.gradient).map(() => 0),
          { absolute },
        );
      }));
  }

  test('has no gradient on its logits at ε = 1: ofa', () =>
    within({ kind: 'ofa', stages: [] }, {}, (made) => {
      expectClose(
        alike(made).gradient,
        toArray(alike(made).gradient).map(() => 0),
        { absolute: 1e-6 },
      );
    }));

  for (const [kind, copies] of [
    ['fitnet', []],
    [
      'correlation',
      [
        ['embed_teacher.weight', 'embed_student.weight'],
        ['embed_teacher.bias', 'embed_student.bias'],
      ],
    ],
  ] as const) {
    test(`has no loss once its own layers are equal: ${kind}`, () =>
      within({ kind }, { student: 'vit_64', teacher: 'vit_64' }, (made) => {
        const own = new Map(parameters(made.distillation.modules));
        for (const [from, to] of copies) own.get(to)!.variable.assign(own.get(from)!.value);
        if (kind === 'fitnet')
          for (const { variable } of own.values())
            tf.tidy(() => variable.assign(tf.reshape(tf.eye(variable.shape[2]!), variable.shape)));
        expectClose(alike(made).value, 0, { absolute: 1e-6 });
      }));
  }
});

test('ignores the class token', () =>
  within({ kind: 'fitnet' }, { student: 'vit_64', teacher: 'vit_64' }, (made) => {
    const plain = lossOf(made, (whole) => whole);
    const moved = lossOf(made, (whole) => {
      const stages = whole.student.stages.map((stage) =>
        tf.add<tf.Tensor3D>(
          stage,
          tf.pad(tf.ones([8, 1, 64]), [
            [0, 0],
            [0, 64],
            [0, 0],
          ]),
        ),
      );
      return { ...whole, student: { ...whole.student, stages: [stages[0]!, stages[1]!, stages[2]!, stages[3]!] } };
    });
    expectClose(moved, plain);
  }));

describe('options other than the defaults reach the formula', () => {
  const exponents = [1.1, 1.3, 1.7];
  const formulas: readonly (readonly [MethodSpec, (step: Step<'stages'>, made: Example) => readonly tf.Tensor[]])[] = [
    [
      { kind: 'kd', temperature: 3, weight: 2 },
      ({ student, teacher }) => [tf.mul(2, tf.mean(kdLoss(student.logits, teacher.logits, { temperature: 3 })))],
    ],
    [
      { kind: 'bkd', weight: 2 },
      ({ student, teacher }) => [tf.mul(2, tf.mean(bkdLoss(student.logits, teacher.logits)))],
    ],
    [
      { kind: 'dkd', alpha: 3, beta: 0.5, temperature: 2, weight: 2 },
      ({ student, teacher, labels }) => [
        tf.mul(2, tf.mean(dkdLoss(student.logits, teacher.logits, labels, { alpha: 3, beta: 0.5, temperature: 2 }))),
      ],
    ],
    [
      { kind: 'dist', beta: 3, gamma: 0.5, temperature: 2, weight: 2 },
      ({ student, teacher }) => [
        tf.mul(2, distLoss(student.logits, teacher.logits, { beta: 3, gamma: 0.5, temperature: 2 })),
      ],
    ],
    [
      { kind: 'rkd', distanceWeight: 3, angleWeight: 7 },
      ({ student, teacher }) => [rkdLoss(student.pooled, teacher.pooled, { distanceWeight: 3, angleWeight: 7 })],
    ],
    [
      { kind: 'kd', temperature: 2, weight: 9, standardise: true },
      ({ student, teacher }) => {
        const [s, t] = [student, teacher].map(({ logits }) => standardiseLogits(logits));
        return [tf.mul(9, tf.mean(kdLoss(s!, t!, { temperature: 2 })))];
      },
    ],
    [
      { kind: 'dkd', alpha: 1, beta: 8, temperature: 2, weight: 9, standardise: true },
      ({ student, teacher, labels }) => {
        const [s, t] = [student, teacher].map(({ logits }) => standardiseLogits(logits));
        return [tf.mul(9, tf.mean(dkdLoss(s!, t!, labels, { alpha: 1, beta: 8, temperature: 2 })))];
      },
    ],
    [
      { kind: 'ttm', exponent: 0.3, weight: 2 },
      ({ student, teacher }) => [tf.mul(2, tf.mean(ttmLoss(student.logits, teacher.logits, { exponent: 0.3 })))],
    ],
    [
      { kind: 'wttm', exponent: 0.3, weight: 2 },
      ({ student, teacher }) => [tf.mul(2, tf.mean(wttmLoss(student.logits, teacher.logits, { exponent: 0.3 })))],
    ],
    ...[false, true].map(
      (standardise) =>
        [
          { kind: 'rld', alpha: 2, beta: 3, temperature: 2, alphaTemperature: 1.5, weight: 2, standardise },
          ({ student, teacher, labels }: Step<'stages'>) => {
            const options = { alpha: 2, beta: 3, temperature: 2, alphaTemperature: 1.5 };
            const [s, t] = [student, teacher].map(({ logits }) => (standardise ? standardiseLogits(logits) : logits));
            return [tf.mul(2, tf.mean(rldLoss(s!, t!, labels, options)))];
          },
        ] as const,
    ),
    [
      { kind: 'srd', exponent: 3, weight: 2, logitsWeight: 0.5 },
      ({ student, teacher }, { distillation }) => {
        const projector: unknown = Reflect.get(distillation.modules, 'projector');
        assert.ok(projector instanceof Linear);
        const projected = projector.apply(student.pooled);
        return [
          tf.mul(2, srdLoss(projected, teacher.pooled, { exponent: 3 })),
          tf.mul(0.5, tf.mean(kdLoss(student.logits, teacher.logits, { temperature: 1 }))),
        ];
      },
    ],
    ...(['released', 'paper'] as const).map(
      (form) =>
        [
          {
            kind: 'ofa',
            form,
            exponent: exponents,
            stages: [2, 4],
            labelTerm: true,
            temperature: 2,
            logitsWeight: 3,
            branchWeight: 0.5,
          },
          ({ student, teacher, labels, mode }: Step<'stages'>, { distillation }: Example) => {
            const all = [...distillation.exits!.map(({ logits }) => logits(student, mode)), student.logits];
            const [second, fourth, own] = all.map((logits, i) =>
              tf.mul(
                i === 2 ? 3 : 0.5,
                tf.mean(
                  ofaLoss(logits, teacher.logits, labels, {
                    form,
                    exponent: exponents[i]!,
                    labelTerm: true,
                    temperature: 2,
                  }),
                ),
              ),
            );
            return [own!, second!, fourth!];
          },
        ] as const,
    ),
  ];
  for (const [spec, formula] of formulas) {
    test(JSON.stringify(spec), () =>
      within(spec, {}, (made) => {
        const wanted = tf.tidy(() => formula(wholeStep(made), made).map((part) => part.dataSync()[0]!));
        expectClose(
          lossOf(made, (whole) => whole),
          wanted,
          { relative: 1e-5 },
        );
      }),
    );
  }

  for (const kind of ['kd', 'bkd', 'dkd', 'dist', 'fitnet', 'correlation', 'crd', 'rsd', 'ttm', 'wttm', 'rld']) {
    test(`a weight multiplies every part and gradient: ${kind}`, () => {
      const [one, three] = [1, 3].map((weight) =>
        within({ kind, ...expected[kind]!.spec, weight }, {}, (made) => {
          const { parts, gradients } = step(made);
          const numbers = Object.fromEntries(
            Object.entries(gradients).map(([path, gradient]) => [path, toArray(gradient)]),
          );
          tf.dispose(Object.values(gradients));
          return { parts, numbers };
        }),
      );
      for (const name of expected[kind]!.parts)
        expectClose(three!.parts[name]!, 3 * one!.parts[name]!, { relative: 1e-5 }, name);
      const most = Math.max(
        ...Object.values(one!.numbers).map((values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0)),
      );
      for (const [path, values] of Object.entries(one!.numbers))
        expectClose(
          three!.numbers[path]!,
          values.map((value) => 3 * value),
          { relative: 1e-4, absolute: 1e-5 * most },
          path,
        );
    });
  }
});

/** Options out of their range, and the words of the message. */
const outOfRange: readonly (readonly [MethodSpec, RegExp])[] = [
  [{ kind: 'kd', standardise: 1 }, /method\.standardise: .*boolean.* \(it is 1\)/],
  [{ kind: 'dkd', standardise: 'yes' }, /method\.standardise: .*boolean.* \(it is "yes"\)/],
  [{ kind: 'ttm', exponent: 0 }, /method\.exponent: .*greater than 0 \(it is 0\)/],
  [{ kind: 'ttm', weight: -1 }, /method\.weight: .*greater than 0 \(it is -1\)/],
  [{ kind: 'wttm', exponent: -0.2 }, /method\.exponent: .*greater than 0 \(it is -0\.2\)/],
  [{ kind: 'wttm', exponent: Infinity }, /method\.exponent: .*finite/],
  [{ kind: 'rld', temperature: 0 }, /method\.temperature: .*greater than 0 \(it is 0\)/],
  [{ kind: 'rld', alphaTemperature: -1 }, /method\.alphaTemperature: .*greater than 0/],
  [{ kind: 'rld', alpha: -1, beta: -2 }, /method\.alpha: .*(.|\n)*method\.beta: /],
  [{ kind: 'srd', exponent: 0.5 }, /method\.exponent: .*greater than or equal to 1 \(it is 0\.5\)/],
  [{ kind: 'srd', logitsWeight: -1 }, /method\.logitsWeight: .*greater than or equal to 0/],
  [{ kind: 'spofa', temperature: Infinity }, /method\.temperature: .*finite/],
  [{ kind: 'spofa', momentum: 1.5 }, /method\.momentum: must be less than 1: .* \(it is 1\.5\)/],
  [{ kind: 'spofa', stageScale: -5 }, /method\.stageScale: .*greater than or equal to 0/],
  [{ kind: 'spofa', form: 'paper' }, /form/],
];
for (const [spec, words] of outOfRange) {
  test(`rejects an option out of its range: ${JSON.stringify(spec)}`, () =>
    assert.throws(
      () => completeMethod(spec),
      (error) => error instanceof UserError && words.test(error.message),
    ));
}

test('names the nearest methods to an unknown one, and lists all errors of options', () => {
  assert.throws(() => methodNamed('dks'), /Unknown method "dks"\. Nearest: .*dkd/);
  assert.throws(
    () => completeMethod({ kind: 'ofa', stages: [1, 5], exponent: [1, -2, 1], temprature: 2 }),
    (error) => {
      assert.ok(error instanceof UserError);
      const options = 'the options of ofa are exponent, temperature, stages';
      for (const words of ['5 is not a stage', 'exponent', 'temprature', options])
        assert.ok(error.message.includes(words), `${words} in ${error.message}`);
      return true;
    },
  );
  assert.throws(() => completeMethod({ kind: 'scratch', weight: 1 }), /the options of scratch are none/);
  assert.throws(
    () => completeMethod({ kind: 'ofa', exponent: [1, 1] }),
    /exponent: has 2 values; 4 stages and the logits need 5/,
  );
  assert.throws(() => completeMethod({ kind: 'fitnet', stages: [2, 2] }), /names a stage twice/);
  assert.throws(
    () => completeMethod({ kind: 'spofa', stages: [4], exponent: [1, 1, 1] }),
    /1 stages and the logits need 2/,
  );
  within({ kind: 'scratch' }, {}, ({ student }) => {
    assert.throws(
      () =>
        createDistillation(
          { kind: 'rsd' },
          { student, teacher: undefined, examples: 8, labels: [], random: new Random(0) },
        ),
      /Method RSD reads the teacher's pooled features, and there is no teacher/,
    );
  });
});

const depth: Readonly<Record<TeacherAccess, number>> = { nothing: 0, logits: 1, pooled: 2, stages: 3 };

/** The same output with noise on one of its parts. */
function withNoise(output: Output, part: 'logits' | 'pooled' | 'stages'): Output {
  const noisy = <T extends tf.Tensor>(x: T): T => tf.add(x, tf.randomNormal(x.shape, 0, 1, 'float32', 5));
  const [first, second, third, fourth] = output.stages;
  return {
    logits: part === 'logits' ? noisy(output.logits) : output.logits,
    pooled: part === 'pooled' ? noisy(output.pooled) : output.pooled,
    stages: part === 'stages' ? [noisy(first), noisy(second), noisy(third), noisy(fourth)] : output.stages,
  };
}

function within<T>(spec: MethodSpec, options: ExampleOptions, work: (made: Example) => T): T {
  const made = example(spec, options);
  try {
    return work(made);
  } finally {
    made.dispose();
  }
}

function step({ objective, batch }: Example): Gradients {
  const result = differentiate(objective, batch);
  result.logits.dispose();
  return result;
}

function wholeStep({ student, teacher, batch }: Example): Step<'stages'> {
  const [teacherOutput, output] = [teacher, student].map((model) => model.forward(batch.images, { mode: 'eval' }));
  const { labels, indices } = batch;
  return { student: output!, teacher: teacherOutput!, labels, indices, draw: drawFor(indices), mode: 'train' };
}

function drawFor(indices: Uint32Array): Draw<DrawContext> {
  return (make) => make({ random: new Random(0), indices });
}

/** The loss parts of a changed step, as numbers. */
function lossOf(made: Example, change: (whole: Step<'stages'>) => Step<'stages'>): number[] {
  return tf.tidy(() =>
    Object.values(made.distillation.loss(change(wholeStep(made)))).map((part) => part.dataSync()[0]!),
  );
}

function sliced(
  { student, teacher, labels, indices, mode }: Step<'stages'>,
  start: number,
  size: number,
): Step<'stages'> {
  const cut = <T extends tf.Tensor>(x: T): T => tf.slice(x, [start], [size]);
  const output = ({ logits, stages, pooled }: Output): Output => ({
    logits: cut(logits),
    pooled: cut(pooled),
    stages: [cut(stages[0]), cut(stages[1]), cut(stages[2]), cut(stages[3])],
  });
  return {
    student: output(student),
    teacher: output(teacher),
    labels: cut(labels),
    indices: indices.slice(start, start + size),
    draw: drawFor(indices.slice(start, start + size)),
    mode,
  };
}

/** The loss if the teacher's output equals the student's, and its gradient for logits and pooled features. */
function alike(made: Example): { readonly value: number; readonly gradient: readonly number[] } {
  return tf.tidy(() => {
    const whole = wholeStep(made);
    const loss = (logits: tf.Tensor, pooled: tf.Tensor): tf.Scalar => {
      const parts = made.distillation.loss({
        ...whole,
        teacher: whole.student,
        student: { ...whole.student, logits: logits as tf.Tensor2D, pooled: pooled as tf.Tensor2D },
      });
      return tf.addN([...Object.values(parts), tf.mul(tf.add(tf.sum(logits), tf.sum(pooled)), 0)]) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)([whole.student.logits, whole.student.pooled]);
    return { value: value.dataSync()[0]!, gradient: grads.flatMap((gradient) => [...toArray(gradient)]) };
  });
}
