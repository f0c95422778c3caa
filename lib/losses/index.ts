/** The losses as notebooks use them: `import { ofaLoss } from './lib/losses/index'`. */
// The loss of the labels.
export { crossEntropy } from './crossEntropy';
export { targetMask, type Labels } from './labels';
// The paper's loss, and the one it starts from.
export { ofaLoss, ofaWeights, type OfaForm, type OfaOptions } from './ofa';
export { kdLoss } from './kd';
