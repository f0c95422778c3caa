/**
 * The version of what a recipe means: initial weights, augmentation, losses, optimisers and schedules. A recipe and a
 * seed give the same result, up to rounding, in all commits of one version. Records hold it, so that tables show
 * which of them this code reproduces. A test notices changes.
 *
 * 1. Records without a version.
 * 2. Initial weights as in timm; random streams of their own for stochastic depth and CRD's negatives; RKD ignores the
 *    distance of an example to itself.
 */
export const trainingVersion = 2;
