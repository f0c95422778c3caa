import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLayers } from '../../lib/models/chooseLayers';
import { tinyNetworks } from './tinyNetworks';

const vit = tinyNetworks['visionTransformer']!();
const resnet = tinyNetworks['basicResNet']!();

test('globs choose blocks, layers inside blocks, and alternatives, in the order of the network', () => {
  assert.deepEqual(chooseLayers([vit], ['blocks.*']), [['blocks.0', 'blocks.1', 'blocks.2', 'blocks.3']]);
  assert.deepEqual(chooseLayers([vit], ['blocks.{3,1}.attn', 'patch_embed']), [
    ['patch_embed', 'blocks.1.attn', 'blocks.3.attn'],
  ]);
  assert.deepEqual(chooseLayers([resnet], ['layer[34].*']), [['layer3.0', 'layer4.0']]);
  assert.deepEqual(chooseLayers([resnet], ['layer2.0.**']), [
    [
      'layer2.0',
      'layer2.0.conv1',
      'layer2.0.bn1',
      'layer2.0.conv2',
      'layer2.0.bn2',
      'layer2.0.downsample.0',
      'layer2.0.downsample.1',
    ],
  ]);
});

test('a pattern may match in one of two networks only', () => {
  assert.deepEqual(chooseLayers([vit, resnet], ['blocks.0', 'layer1.*']), [['blocks.0'], ['layer1.0']]);
});

test('rejects a pattern without a match, with the nearest names, and a network without a layer', () => {
  assert.throws(() => chooseLayers([vit], ['blocks.0', 'blocks.1.atn']), /"blocks\.1\.atn".*blocks\.1\.attn/);
  assert.throws(() => chooseLayers([vit], ['blocks.9']), /Unknown layer of vit/);
  assert.throws(() => chooseLayers([vit, resnet], ['blocks.*']), /No layer of basic matches blocks\.\*.*layer1\.0/);
});
