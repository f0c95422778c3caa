/** The part of `lib/data` that notebooks use: `import { loadImages } from './lib/data/index'`. */
// CIFAR-100, and synthetic images where it is missing.
export { loadImages, type LoadedImages } from './images/loadImages';
export { syntheticImages } from './images/synthetic';
// A folder of images with one folder per class.
export { openImageFolder } from './images/imageFolder';
export { writeImageFolder } from './images/writeImageFolder';
// Labelled image sets in memory, and subsets of them.
export { holdOut, ofClasses, type ImageSet } from './images/imageSet';
export { part } from './images/part';
export { samples, type Sample } from './images/samples';
// Augmentation and preprocessing.
export { cropAndFlip } from './augmentation/cropAndFlip';
export { resizeAndCrop } from './batches/preprocess';
// Normalised batches for a network.
export { imageBatches } from './batches/imageBatches';
