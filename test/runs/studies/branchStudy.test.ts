import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disposeModule, parameters } from '../../../lib/models/parameter';
import { networkMultiplyAdds } from '../../../lib/models/summary';
import { branchStudy, exitStudy, type BranchStudy } from '../../../lib/runs/studies/branchStudy';
import { evaluate } from '../../../lib/training/evaluation/evaluate';
import { expectClose } from '../../support/close';

const settings = { profile: 'smoke', student: 'vit_64', testImages: 30 } as const;
const recorded = ['data/weights/vit_64.safetensors', 'data/weights/vit_64-by-ofa.safetensors'];

function dispose({ teacher, students }: BranchStudy): void {
  disposeModule(teacher);
  for (const { student, distillation } of students) [student, distillation.modules].forEach(disposeModule);
}

test('students get branches with equal initial weights', async () => {
  const study = await branchStudy({ ...settings, weights: recorded }, () => undefined);
  assert.deepEqual(
    study.students.map(({ name }) => name),
    ['vit_64', 'vit_64-by-ofa'],
  );
  assert.equal(study.test.count, settings.testImages);
  const [a, b] = study.students.map(({ distillation }) => parameters(distillation.modules));
  assert.ok(a!.length > 0);
  a!.forEach(([name, { value }], i) => {
    assert.equal(b![i]![0], name);
    assert.deepEqual(b![i]![1].value.dataSync(), value.dataSync(), name);
  });
  dispose(study);
});

test('names missing weights with the command that trains them, and uses those that exist', async () => {
  const warnings: string[] = [];
  const warn = (notice: string | undefined): void => void (notice !== undefined && warnings.push(notice));
  const some = await branchStudy({ ...settings, weights: ['missing.safetensors', recorded[0]!] }, warn);
  assert.match(warnings.join('\n'), /Not recorded yet: missing\.safetensors\. Run: npm run experiment -- run story/);
  assert.deepEqual(
    some.students.map(({ name }) => name),
    ['vit_64'],
  );
  const none = await branchStudy({ ...settings, weights: ['missing.safetensors'] }, warn);
  assert.deepEqual(
    none.students.map(({ name }) => name),
    ['vit_64 (untrained)'],
  );
  [some, none].forEach(dispose);
});

test('early exit reaches from the first branch to the classifier of the student', async () => {
  const study = await branchStudy({ ...settings, weights: recorded.slice(0, 1) }, () => undefined);
  const [{ student }] = study.students as [BranchStudy['students'][number]];
  const [exits] = await exitStudy(study.students, study.test, [0, 0.5, 1.01]);
  const { top1, costs, plainCost, earlyExit } = exits!;
  assert.deepEqual(exits!.exits, ['branch1', 'branch2', 'branch3', 'branch4', 'logits']);
  expectClose([top1.at(-1)!], [(await evaluate(student, study.test)).top1]);
  assert.equal(plainCost, networkMultiplyAdds(student));
  assert.ok(costs.at(-1)! > plainCost, 'the branches on the way cost something');
  const [first, , last] = earlyExit;
  expectClose([first!.top1, first!.cost, ...first!.shares], [top1[0]!, costs[0]!, 1, 0, 0, 0, 0]);
  expectClose([last!.top1, last!.cost, ...last!.shares], [top1.at(-1)!, costs.at(-1)!, 0, 0, 0, 0, 1]);
  for (const { cost } of earlyExit) assert.ok(cost >= first!.cost && cost <= last!.cost);
  dispose(study);
});
