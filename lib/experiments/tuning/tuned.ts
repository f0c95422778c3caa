import { unknownName } from '../../errors';
import type { MethodInput } from '../../methods/methods';
import type { Family } from '../../models/model';
import type { Experiment, Row } from '../experiment';
import { crossFamilyPairs, pairName, type Pair } from '../pairs';
import { protocolRecipe } from '../protocol';
import { smoke } from '../smoke';
import { students } from '../laptop';
import { candidates, type TunedMethod } from './candidates';

/** The best settings of a search: the name of a candidate, and the id of the run that decided. */
export interface Chosen {
  /** As `pairName`. */
  readonly pair: string;
  readonly method: TunedMethod;
  readonly candidate: string;
  readonly trial: string;
}

/** The results of the experiment `tuning`, in its order. A test compares them with the records. */
export const chosen: readonly Chosen[] = [
  { pair: 'vit_96-resnet_16', method: 'kd', candidate: 'temperature-4-weight-16', trial: 'a817ab4e6347' },
  { pair: 'vit_96-resnet_16', method: 'ofa', candidate: 'exponent-1-branches-4-logits-4', trial: 'f8ddc56ed105' },
  { pair: 'vit_96-resnet_16', method: 'rsd', candidate: 'weight-1', trial: 'a6ac4aa4b4b3' },
  { pair: 'mixer_96-resnet_16', method: 'kd', candidate: 'temperature-4-weight-4', trial: '719109861d94' },
  { pair: 'mixer_96-resnet_16', method: 'ofa', candidate: 'exponent-1-branches-1-logits-4', trial: 'dd0f2a1cd772' },
  { pair: 'mixer_96-resnet_16', method: 'rsd', candidate: 'weight-0.3', trial: 'e3c501bb0e21' },
  { pair: 'resnet_24-vit_64', method: 'kd', candidate: 'temperature-4-weight-1', trial: '1845d040298c' },
  { pair: 'resnet_24-vit_64', method: 'ofa', candidate: 'exponent-1-branches-0.1', trial: '43a53bdbf305' },
  { pair: 'resnet_24-vit_64', method: 'rsd', candidate: 'weight-0.3', trial: '109adbd1f15d' },
  { pair: 'mixer_96-vit_64', method: 'kd', candidate: 'temperature-1-weight-1', trial: 'a6ed25a4efb7' },
  { pair: 'mixer_96-vit_64', method: 'ofa', candidate: 'exponent-1-branches-0.1', trial: '104ffff0c044' },
  { pair: 'mixer_96-vit_64', method: 'rsd', candidate: 'weight-0.3', trial: '1968591b89c9' },
  { pair: 'resnet_24-mixer_64', method: 'kd', candidate: 'temperature-1-weight-4', trial: '7150e92d3aca' },
  { pair: 'resnet_24-mixer_64', method: 'ofa', candidate: 'exponent-1-branches-0.1', trial: '7a79229f1fc9' },
  { pair: 'resnet_24-mixer_64', method: 'rsd', candidate: 'weight-0.1', trial: '547f665112db' },
  { pair: 'vit_96-mixer_64', method: 'kd', candidate: 'temperature-2-weight-1', trial: '948dbd97ca2f' },
  { pair: 'vit_96-mixer_64', method: 'ofa', candidate: 'exponent-1-branches-0.1', trial: '7b499eebeacb' },
  { pair: 'vit_96-mixer_64', method: 'rsd', candidate: 'weight-0.3', trial: 'e9c76e5f9a04' },
];

/** The student of a family, trained from scratch by the protocol. */
export function protocolScratchRow(family: Family): Row {
  return { name: `${students[family]}-scratch`, recipe: protocolRecipe(family, null, { kind: 'scratch' }) };
}

/** The rows of a pair by the protocol, one for each of the methods whose search has ended. */
export function tunedRows(pair: Pair, methods: readonly TunedMethod[]): Row[] {
  return methods.flatMap((method) => {
    const found = chosen.find((one) => one.pair === pairName(pair) && one.method === method);
    if (!found) return [];
    const settings = candidateNamed(method, found.candidate);
    return [{ name: `${pairName(pair)}-${method}`, recipe: protocolRecipe(pair.student, pair.teacher, settings) }];
  });
}

/** The method with the settings of a candidate. Throws a UserError if there is no candidate of that name. */
export function candidateNamed(method: TunedMethod, name: string): MethodInput {
  const found = candidates[method].find(([candidate]) => candidate === name);
  if (!found)
    throw unknownName(
      `candidate of ${method}`,
      name,
      candidates[method].map(([candidate]) => candidate),
    );
  return found[1];
}

const rows: readonly Row[] = [
  ...(['cnn', 'transformer', 'mlp'] as const).map(protocolScratchRow),
  ...crossFamilyPairs.flatMap((pair) => tunedRows(pair, ['kd', 'ofa', 'rsd'])),
];

/**
 * The main comparison with tuned settings: each family as the student of every other one, three seeds.
 *
 * - Reproduces: the paper's CIFAR-100 table at the laptop's size, with equal tuning of every method (docs/protocol.md).
 * - Expected: the paper reports OFA above every baseline on every pair.
 * - Time: 4 to 7 minutes for a run with 2 threads of an AMD EPYC, after the teachers.
 * - Source of the recipes: ours (`protocol.ts`); the settings are the results of the experiment `tuning`.
 */
export const tunedComparison: Experiment = {
  name: 'tuned',
  title: 'Which method is best across families if all are tuned equally?',
  seeds: [0, 1, 2],
  rows: { smoke: smoke(rows), laptop: rows, paper: [] },
};
