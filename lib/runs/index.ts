/** The part of `lib/runs` that notebooks use: `import { liveRun } from './lib/runs/index'`. */
// A short training run, shown while it runs.
export { liveRun, type LiveEvent } from './execution/liveRun';
export { planLiveRun } from './plan/planLiveRun';
// The data and the teacher of a recipe.
export { loadData } from './inputs/data';
export { openOwnImages } from './inputs/ownImages';
export { loadTeacher } from './inputs/teacher';
// Distillation of your own pair of networks.
export { distil } from './execution/distil';
export type { Pair, PairTeacher } from './execution/ownPair';
// The machine that this Jupyter kernel runs on.
export { thisMachine } from './runFolder/machine';
// A study of the exponent ε, by a grid or by a search.
export { chooseSampler, planExponentStudy } from './search/exponentStudy';
export { gridSampler } from './search/sampler';
export { study, type TrialState } from './search/study';
export { StudyCurves } from './search/studyCurves';
// The cost of a training step, and of a student at inference.
export { stepCostStudy, type MeasuredStep } from './studies/stepCostStudy';
export { inferenceCost, type InferenceCost } from './studies/inferenceCost';
// CKA of several students, or of one student during training, with their teacher.
export { compareWithTeacher, loadStudents, type ComparedModel } from './studies/similarityStudy';
export { snapshotStudy, type SnapshotStudy } from './studies/snapshotStudy';
export { atLikeDepth, depthSummary, likeDepth } from '../similarity/depth';
// New exit branches on frozen students: accuracy, cost and early exit.
export { branchStudy, exitStudy, trainBranches, type ExitStudy } from './studies/branchStudy';
// Students as ONNX models: accuracy, size, latency and early exit.
export { deploymentStudy, type DeployedModel, type DeploymentStudy } from './studies/deploymentStudy';
// A pair of networks and images of your own.
export { ownPairStudy, type OwnPairStudy } from './studies/ownPairStudy';
// A method of your own, compared with KD.
export { methodStudy, type MethodRun } from './studies/methodStudy';
// A network of your own, from scratch and with OFA.
export { networkStudy, type NetworkRun } from './studies/networkStudy';
export { disposeModule } from '../models/parameter';
