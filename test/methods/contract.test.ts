import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import ts from 'typescript';
import { z } from 'zod';
import { UserError } from '../../lib/errors';
import { defineMethod, type DistillationStep, type LossScope, type MethodSetting } from '../../lib/methods/method';
import type { TeacherAccess } from '../../lib/methods/teacherAccess';
import type { Output } from '../../lib/models/model';
import { disposeModule } from '../../lib/models/parameter';
import { createModel } from '../../lib/models/zoo';
import * as tf from '../../lib/tensor/engine/tf';
import { Random } from '../../lib/tensor/random';

/** A method whose loss is the expression, as a TypeScript file. */
const methodFile = (readsTeacher: TeacherAccess, expression: string, setting = 'student'): string => `
  import { z } from 'zod';
  import { defineMethod } from './lib/methods/method';
  import * as tf from './lib/tensor/engine/tf';
  export const method = defineMethod({
    title: 'example', source: 'this test', readsTeacher: '${readsTeacher}', scope: 'example',
    options: z.object({}),
    create: (_, { ${setting} }) => ({
      modules: {},
      loss: (step) => ({ part: tf.sum<tf.Scalar>(${expression}), width: tf.scalar(${setting}.width) }),
    }),
  });`;

/** A recipe with this method, as a TypeScript file. */
const recipeFile = (method: string): string => `
  import { student } from './lib/experiments/laptop';
  import { completeRecipe } from './lib/training/recipe/completeRecipe';
  export const recipe = completeRecipe({ ...student('cnn', 'mlp', { kind: 'kd' }), method: ${method} });`;

/** A row of an experiment with this method, as a TypeScript file. */
const rowFile = (method: string): string => `
  import { distilledRow } from './lib/experiments/pairs';
  export const row = distilledRow({ teacher: 'cnn', student: 'mlp' }, 'example', ${method});`;

const compiles: Readonly<Record<string, string>> = {
  'a method without a teacher': methodFile('nothing', 'step.student.logits'),
  'a method that reads logits': methodFile('logits', 'step.teacher.logits', 'teacher'),
  'a method that reads pooled features, and logits with them': methodFile(
    'pooled',
    'tf.add(tf.sum(step.teacher.pooled), tf.sum(step.teacher.logits))',
  ),
  'a method that reads stages': methodFile('stages', 'step.teacher.stages[3]'),
  'options of a method in a recipe': recipeFile(`{ kind: 'ofa', exponent: [1.2, 1], stages: [4] }`),
  'options of a method in a row': rowFile(`{ kind: 'dkd', alpha: 2 }`),
  'a method of a notebook with its options': `
    import { z } from 'zod';
    import { student } from './lib/experiments/laptop';
    import { defineMethod } from './lib/methods/method';
    import { completeRecipe } from './lib/training/recipe/completeRecipe';
    const method = defineMethod({
      title: 'mine', source: 'this test', readsTeacher: 'nothing', scope: 'example',
      options: z.object({ weight: z.number().default(1) }), create: () => ({ modules: {}, loss: () => ({}) }),
    });
    const base = student('cnn', 'mlp', { kind: 'kd' });
    export const recipe = completeRecipe({ ...base, method: { kind: 'mine', weight: 2 } }, { method });`,
};

const fails: Readonly<Record<string, readonly [string, RegExp]>> = {
  'a method without a teacher that reads the step’s teacher': [
    methodFile('nothing', 'step.teacher.logits'),
    /'teacher' does not exist/,
  ],
  'a method without a teacher that reads the setting’s teacher': [
    methodFile('nothing', 'step.student.logits', 'teacher'),
    /'teacher' does not exist/,
  ],
  'logits declared, pooled features read': [methodFile('logits', 'step.teacher.pooled'), /'pooled' does not exist/],
  'logits declared, stages read': [methodFile('logits', 'step.teacher.stages[0]'), /'stages' does not exist/],
  'pooled features declared, stages read': [methodFile('pooled', 'step.teacher.stages[0]'), /'stages' does not exist/],
  'a misspelt option in a recipe': [recipeFile(`{ kind: 'ofa', exponnet: 1.2 }`), /exponnet/],
  'an option of another method in a recipe': [
    recipeFile(`{ kind: 'kd', exponent: 1.2 }`),
    /'number' is not assignable/,
  ],
  'an option of the wrong type in a recipe': [
    recipeFile(`{ kind: 'ofa', exponent: '1.2' }`),
    /'string' is not assignable/,
  ],
  'an unknown method in a recipe': [recipeFile(`{ kind: 'of' }`), /not assignable/],
  'a misspelt option in a row': [rowFile(`{ kind: 'ofa', exponnet: 1.2 }`), /exponnet/],
  'a misspelt option of a notebook’s method': [
    compiles['a method of a notebook with its options']!.replace('weight: 2', 'wieght: 2'),
    /wieght/,
  ],
};

describe('compile time', () => {
  const sources = [
    ...Object.entries(compiles),
    ...Object.entries(fails).map(([name, [source]]) => [name, source] as const),
  ];
  const messages = diagnostics(new Map(sources));
  for (const name of Object.keys(compiles)) test(`compiles: ${name}`, () => assert.deepEqual(messages.get(name), []));
  for (const [name, [, words]] of Object.entries(fails)) {
    test(`does not compile: ${name}`, () => {
      assert.equal(messages.get(name)!.length, 1);
      assert.match(messages.get(name)![0]!, words);
    });
  }
});

describe('run time', () => {
  const student = createModel('mixer_64', { classes: 2, imageSize: 32 }, new Random(0));
  const setting: MethodSetting = { student, teacher: student, examples: 2, labels: [0, 1], random: new Random(0) };
  const feature = tf.zeros<tf.Rank.R3>([2, 4, 3]);
  const output: Output = {
    logits: tf.zeros([2, 2]),
    pooled: tf.zeros([2, 3]),
    stages: [feature, feature, feature, feature],
  };
  const step: DistillationStep = {
    student: output,
    teacher: output,
    labels: tf.tensor1d([0, 1], 'int32'),
    indices: Uint32Array.of(0, 1),
    mode: 'train',
  };

  const fields = {
    nothing: [],
    logits: ['logits'],
    pooled: ['logits', 'pooled'],
    stages: ['logits', 'pooled', 'stages'],
  };
  for (const readsTeacher of ['nothing', 'logits', 'pooled', 'stages'] as const) {
    test(`a method receives no more of the teacher than it declares: ${readsTeacher}`, () => {
      const received: object[] = [];
      const method = defineMethod({
        title: 'example',
        source: 'this test',
        readsTeacher,
        scope: 'example',
        options: z.object({}),
        create: (_, given) => {
          received.push(given);
          return { modules: {}, loss: (one) => (received.push(one), {}) };
        },
      });
      method.create({}, setting).loss(step);
      const [given, one] = received;
      assert.equal(given !== undefined && 'teacher' in given, readsTeacher !== 'nothing');
      assert.ok(one !== undefined);
      const teacher: unknown = 'teacher' in one ? one.teacher : {};
      assert.ok(typeof teacher === 'object' && teacher !== null);
      assert.deepEqual(Object.keys(teacher), fields[readsTeacher]);
    });
  }

  test('a method that reads a teacher rejects a setting and a step without one', () => {
    const method = example('logits', 'example');
    assert.throws(
      () => method.create({}, { ...setting, teacher: undefined }),
      (error) => error instanceof UserError && /Method example reads the teacher's logits/.test(error.message),
    );
    assert.throws(
      () => method.create({}, setting).loss({ ...step, teacher: undefined }),
      /reads a teacher, and there is none/,
    );
    assert.throws(
      () =>
        example('stages', 'example')
          .create({}, setting)
          .loss({ ...step, teacher: { logits: output.logits, pooled: output.pooled } }),
      /stages are missing/,
    );
  });

  test('afterMicroBatch and the scope "memory" go together', () => {
    assert.throws(
      () => example('nothing', 'example', () => undefined).create({}, setting),
      /has afterMicroBatch and the scope "example"/,
    );
    assert.throws(
      () => example('nothing', 'memory').create({}, setting),
      /has the scope "memory" and no afterMicroBatch/,
    );
    let calls = 0;
    example('nothing', 'memory', () => void calls++)
      .create({}, setting)
      .afterMicroBatch();
    assert.equal(calls, 1);
  });

  test.after(() => {
    disposeModule(student);
    tf.dispose([feature, output.logits, output.pooled]);
  });
});

function example(readsTeacher: TeacherAccess, scope: LossScope, afterMicroBatch?: () => void) {
  return defineMethod({
    title: 'example',
    source: 'this test',
    readsTeacher,
    scope,
    options: z.object({}),
    create: () => ({ modules: {}, loss: () => ({}), ...(afterMicroBatch && { afterMicroBatch }) }),
  });
}

/** The compiler's errors in each source, as if it were a file at the project's root. */
function diagnostics(sources: ReadonlyMap<string, string>): Map<string, string[]> {
  const { options } = ts.getParsedCommandLineOfConfigFile(
    'tsconfig.json',
    { noEmit: true, incremental: false },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => assert.fail(String(messageText)),
    },
  )!;
  const files = new Map([...sources.values()].map((source, i) => [path.resolve(`contract-${i}.ts`), source]));
  const host = ts.createCompilerHost(options);
  const [read, exists] = [host.readFile.bind(host), host.fileExists.bind(host)];
  host.readFile = (file) => files.get(path.resolve(file)) ?? read(file);
  host.fileExists = (file) => files.has(path.resolve(file)) || exists(file);
  const program = ts.createProgram([...files.keys()], options, host);
  return new Map(
    [...sources.keys()].map((name, i) => {
      const source = program.getSourceFile(path.resolve(`contract-${i}.ts`));
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))];
    }),
  );
}
