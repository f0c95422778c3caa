/** The part of `lib/data` that notebooks use: `import { loadDatasets } from './lib/data/index'`. */
// CIFAR-100, or synthetic images if it is not available.
export { loadDatasets, type LoadedDatasets } from './datasets/loadDatasets';
export { syntheticImages } from './datasets/synthetic';
// A folder with one folder of images per class.
export { openImageFolder } from './datasets/imageFolder';
export { writeImageFolder } from './datasets/writeImageFolder';
// Datasets in memory, and subsets of them.
export type { InMemoryDataset } from './datasets/dataset';
export { selectClasses } from './datasets/subset';
export { holdOut, stratifiedSample } from './datasets/holdOut';
export { sampleImages, type CaptionedImage } from './datasets/sampleImages';
// Augmentation and preprocessing.
export { cropAndFlip } from './transforms/cropAndFlip';
export { resizeAndCrop } from './transforms/preprocessing';
// Normalised batches for a network.
export { batches, imageBatches } from './loading/batches';
export type { Batch } from './loading/batch';
// Seeded random numbers, for everything that is drawn at random.
export { Random } from '../tensor/random';
