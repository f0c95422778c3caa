import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paperScale } from '../../../lib/experiments/paper/counterparts';
import { cifar100Rows, imageNetFolder, imageNetRows, networks } from '../../../lib/experiments/paper/paper';
import { branchMultiplyAdds, gpuHours, multiplyAdds, sustained } from '../../../lib/experiments/paper/paperCost';
import { createExitBranch } from '../../../lib/models/branches/createExitBranch';
import { disposeModule } from '../../../lib/models/parameter';
import { createModel } from '../../../lib/models/zoo';
import { Random } from '../../../lib/tensor/random';
import { multiplyAddsOf } from '../../../lib/tensor/inspect/multiplyAdds';
import * as tf from '../../../lib/tensor/engine/tf';

const counted = (run: () => void): number => multiplyAddsOf(() => void tf.tidy(run))! / 1e9;
const images = tf.zeros<tf.Rank.R4>([1, 224, 224, 3]);

for (const name of Object.values(networks)) {
  test(`${name}: the listed multiply-adds are those of a forward pass`, () => {
    const model = createModel(name, { classes: 1000, imageSize: 224 }, new Random(0));
    assert.ok(Math.abs(counted(() => model.forward(images, { mode: 'eval' })) - multiplyAdds[name]!) < 0.006, name);
    disposeModule(model);
  });
}

for (const [name, listed] of Object.entries(branchMultiplyAdds)) {
  test(`${name}: the listed multiply-adds are those of its four exit branches`, () => {
    const student = createModel(name, { classes: 1000, imageSize: 224 }, new Random(0));
    const products = student.stageShapes.map((shape, index) => {
      const stage = ([1, 2, 3, 4] as const)[index]!;
      const branch = createExitBranch(
        { stage, shape, widthStudent: student.width, widthTeacher: 768, classes: 1000, finalGrid: 7 },
        new Random(0),
      );
      const all = counted(() => branch.apply(student.forward(images, { mode: 'eval' }).stages[index]!, 'eval'));
      disposeModule(branch);
      return all - counted(() => student.forward(images, { mode: 'eval' }));
    });
    assert.ok(Math.abs(products.reduce((sum, one) => sum + one, 0) - listed) < 0.006);
    disposeModule(student);
  });
}

test('every published cell of a known column has a recipe, a command and an estimate', () => {
  for (const { recipe } of [...cifar100Rows, ...imageNetRows(imageNetFolder)])
    assert.ok(gpuHours(recipe, 'cifar-100')! > 0, JSON.stringify(recipe.teacher));
  const scratch = paperScale('cifar100', 'Swin-T', 'ResNet18', 'scratch');
  const ofa = paperScale('cifar100', 'Swin-T', 'ResNet18', 'OFA');
  const products =
    3 * (multiplyAdds['resnet18']! + branchMultiplyAdds['resnet18']!) + multiplyAdds['swin_tiny_patch4_window7_224']!;
  assert.ok(Math.abs(ofa!.hours! - (2e9 * products * 50_000 * 300) / sustained / 3600) < 1e-9);
  assert.ok(scratch!.hours! < ofa!.hours!);
  assert.match(
    ofa!.command,
    /run paper-cifar100 --rows swin_tiny_patch4_window7_224-resnet18-ofa --seeds 0 --profile paper$/,
  );
  assert.equal(paperScale('imagenet', 'ViT-B', 'ResNet50', 'OFA')?.row.name, 'vit_base_patch16_224-resnet50-ofa');
  assert.equal(paperScale('cifar100', 'Swin-T', 'ResNet18', 'Review'), undefined);
});
