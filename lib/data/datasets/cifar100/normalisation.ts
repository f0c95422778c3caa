import type { Normalisation } from '../normalisation';

/** Mean and standard deviation of the training images of CIFAR-100. */
export const cifar100Normalisation: Normalisation = { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] };
