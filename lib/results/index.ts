/** Recorded runs, published numbers and the paper's claims: the public API for notebooks. Needs no engine. */

// Records of runs, and the rows of experiments that they fill.
export { commitText, type EpochRecord, type RunRecord } from './records/record';
export { recordsIn } from './records/readRecords';
export {
  coverageText,
  findRow,
  gainOver,
  gainSeries,
  methodKey,
  onSharedSeeds,
  pairsOf,
  pairText,
  readRows,
  rowsOfColumns,
  type Pair,
  type RecordedRow,
} from './tables/recordedRows';
export { readSimilarities, type SimilarityRecord } from './records/similarityRecord';
export { readDeployed, type DeployedRecord } from './records/deployedRecord';
export { calibratedBetween, readCalibrated, type CalibratedRecord } from './records/calibratedRecord';
// Statistics over seeds.
export { groupBy } from './statistics/groupBy';
export { median } from './statistics/median';
export { contrast, meanContrast } from './statistics/pairedDifferences';
export { meanOf, meanText, seedsText, summary } from './statistics/summary';
// Published numbers.
export {
  meanGain,
  publishedCells,
  publishedFacts,
  publishedLikeFamily,
  publishedPair,
  publishedSuccessors,
  publishedTable,
  successorGains,
} from './published';
export { familyName } from './familyName';
export { methodName } from './methodName';
export type { ChartLine } from './chartLine';
export { rowText } from './tables/rowText';
export type { Comparison } from './tables/comparison';
// The answers of notebooks, as sentences with numbers filled in.
export { branchAccuracyAnswer, type StudentExits } from './answers/branchAccuracy';
export { ckaAcrossTrainingAnswer, momentSimilarity, type MomentSimilarity } from './answers/ckaAcrossTraining';
export { claimLabel, claimsAnswer } from './answers/claims';
export { costAnswer, timesScratch, type StepCostRow } from './answers/cost';
export { deployAnswer, deployedLines, deployedRows, trainedBy, type DeployedRow } from './answers/deploy';
export { anchorText, exponentRanges, limitsAnswer } from './answers/limits';
export { powerGradient, powerLines, powerWeights, type PowerExample, type PowerLoss } from './answers/powers';
export { ownMethodAnswer } from './answers/ownMethod';
export { ownNetworkAnswer } from './answers/ownNetwork';
export { sameFamilyAnswer } from './answers/sameFamily';
export { strongerTeacherAnswer } from './answers/strongerTeacher';
export { ckaText, studentCkaAnswer, studentSimilarity, type StudentSimilarity } from './answers/studentCka';
export { successorAnswer } from './answers/successors';
// The paper's claims and what our records say about them.
export { effectText, findingOf, findings, type Finding } from './claims/findings';
// What a student gains from a teacher on a user's images.
export { verdict, type Gain } from './gain';
// The answers of notebooks, and the values that their figures show.
export { branchCountLines, branchesAnswer, branchesLabel, branchSetGains } from './answers/branches';
export { ckaAnswer, similarityByFamily, untrainedWarning } from './answers/cka';
export { calibratedAnswer, calibratedFamilies } from './answers/calibratedCka';
export { accuracyOverImages, distilAnswer, storyComparisons } from './answers/distil';
export { epsilonAnswer, exponentLabel, exponentSweeps, sweepLines } from './answers/epsilon';
export {
  cifar100Answer,
  imageNetAnswer,
  laptopPairs,
  publishedGains,
  publishedMargins,
  tableComparisons,
  tableCost,
} from './answers/mainTables';
export {
  labelLosses,
  settingGains,
  settingLabel,
  weightAndClippingAnswer,
  weightLines,
} from './answers/weightAndClipping';
