import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownNetworkAnswer } from '../../../lib/results/answers/ownNetwork';

test('states both accuracies, whether chance explains the difference, and the similarities', () => {
  const scratch = { top1: 20, cka: 0.4 };
  assert.equal(
    ownNetworkAnswer('mine', scratch, { top1: 22, cka: 0.51 }, 500),
    'mine reaches 22.0 % top-1 with OFA and 20.0 % from scratch. With 500 test images the difference may be chance ' +
      '(±5.0 points). Its mean CKA with the teacher is 0.51 with OFA and 0.40 from scratch.',
  );
  assert.match(ownNetworkAnswer('mine', scratch, { top1: 30, cka: 0.51 }, 500), /This exceeds the chance of 500 test/);
  assert.doesNotMatch(ownNetworkAnswer('mine', scratch, { top1: 30, cka: null }, 500), /CKA|NaN/);
});
