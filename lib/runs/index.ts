/** The part of `lib/runs` that notebooks use: `import { liveRun } from './lib/runs/index'`. */
// A short training run, shown while it runs.
export { liveRun, type LiveEvent } from './execution/liveRun';
export { planLiveRun } from './plan/planLiveRun';
// The data and the teacher of a recipe.
export { loadData } from './inputs/data';
export { openOwnImages } from './inputs/ownImages';
export { loadTeacher } from './inputs/teacher';
// Distillation of your own pair of networks.
export { distil, type Pair } from './execution/distil';
// The machine that this Jupyter kernel runs on.
export { thisMachine } from './runFolder/machine';
// A study of the exponent ε, by a grid or by a search.
export { chooseSampler, planExponentStudy } from './search/exponentStudy';
export { gridSampler } from './search/sampler';
export { study, type TrialState } from './search/study';
export { StudyCurves } from './search/studyCurves';
