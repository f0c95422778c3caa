/** The part of `lib/runs` that notebooks use: `import { liveRun } from './lib/runs/index'`. */
// A short training run, shown while it runs.
export { liveRun, type LiveEvent } from './job/liveRun';
// The data and the teacher of a recipe.
export { loadData, loadTeacher } from './job/materials';
export { openOwnImages } from './job/ownImages';
// Distillation of your own pair of networks.
export { distil, type Pair } from './job/distil';
// The cost of a network on this machine.
export { costOf } from './job/cost';
export { thisMachine } from './runFolder/machine';
// A study of the exponent: grid, successive halving, Optuna.
export { study, type TrialState } from './search/study';
export { gridSampler } from './search/sampler';
export { successiveHalving } from './search/successiveHalving';
export { optunaPython, optunaSampler } from './search/optuna';
