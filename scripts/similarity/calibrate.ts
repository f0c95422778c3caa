import path from 'node:path';
import { loadDatasets } from '../../lib/data/datasets/loadDatasets';
import { UserError } from '../../lib/errors';
import { appendJsonLine } from '../../lib/io/jsonLines';
import { disposeModule } from '../../lib/models/parameter';
import { withChecksum } from '../../lib/results/records/checksum';
import { readCalibrated } from '../../lib/results/records/calibratedRecord';
import { commit } from '../../lib/runs/runFolder/machine';
import {
  calibratedSimilarities,
  measurementId,
  type CalibratedSettings,
  type MeasuredNetwork,
} from '../../lib/runs/studies/calibratedSimilarity';
import { StatusLine } from '../cli/statusLine';
import { loadNetwork, measuredNetwork, networkSpec } from './network';
import { pausable } from './pausable';

export interface CalibrateOptions {
  readonly networks: readonly string[];
  readonly measure: readonly string[];
  readonly seeds: readonly number[];
  readonly images: number;
  readonly batchSize: number;
  readonly permutations: number;
  readonly alpha: number;
  readonly random?: true;
  readonly profile: 'smoke' | 'laptop';
  readonly out: string;
}

/** Records the calibrated similarity of every pair of different networks. Records that exist are not repeated. */
export async function calibrate(options: CalibrateOptions): Promise<void> {
  await pausable(path.dirname(options.out), (signal) => recordAll(options, signal));
}

async function recordAll(options: CalibrateOptions, signal: AbortSignal): Promise<void> {
  const { out, networks, measure: measures, seeds, profile, random } = options;
  const { images: count, batchSize, permutations, alpha } = options;
  // The state of the code that runs, whatever is committed meanwhile.
  const provenance = commit();
  const { test, notice } = await loadDatasets(profile);
  if (notice !== undefined) console.error(notice);
  const dataset = profile === 'smoke' ? 'synthetic' : 'cifar-100';
  const command =
    `npm run similarity -- calibrate --networks ${networks.join(',')} --measure ${measures.join(',')} ` +
    `--seeds ${seeds.join(',')} --images ${count} --batch-size ${batchSize} --permutations ${permutations} ` +
    `--alpha ${alpha}${random ? ' --random' : ''} --profile ${profile}`;
  const line = new StatusLine();
  for (const seed of seeds) {
    const settings: CalibratedSettings = {
      measures,
      images: count,
      batchSize,
      permutations,
      alpha,
      seed,
      dataset,
      signal,
      onProgress: (stage, done, total) => line.show(`seed ${seed}: ${stage} ${done}/${total}`),
    };
    const loaded: MeasuredNetwork[] = [];
    try {
      for (const text of networks) loaded.push(await load(random ? `${text}:fresh` : text, test.classes.length, seed));
      const known = new Set((await readCalibrated(out)).map(({ id }) => id));
      const pairs = loaded.flatMap((a, i) => loaded.slice(i + 1).map((b) => [a, b] as const));
      const missing = pairs.filter((pair) => measures.some((one) => !known.has(measurementId(pair, one, settings))));
      if (missing.length === 0) continue;
      for await (const one of calibratedSimilarities(missing, test, settings)) {
        if (!known.has(one.id)) await appendJsonLine(out, withChecksum({ ...one, ...provenance, command }));
        line.clear();
        console.log(
          `${one.a.network} and ${one.b.network}, seed ${seed}, ${one.title}: at equal depth ` +
            `${one.likeDepth?.observed.toFixed(3)}, calibrated ${one.likeDepth?.score.toFixed(3)}`,
        );
      }
    } finally {
      for (const { model } of loaded) disposeModule(model);
    }
  }
  console.log(`Records: ${path.relative('.', out)}`);
}

async function load(text: string, classes: number, seed: number): Promise<MeasuredNetwork> {
  const spec = networkSpec(text);
  const network = await loadNetwork(spec, { classes, imageSize: 32, seed });
  if (network.trained || spec.weights === 'fresh') return measuredNetwork(network, network.model.blockNames);
  disposeModule(network.model);
  throw new UserError(
    `Missing weights: data/weights has no file for ${spec.name}. Pass a file, ${spec.name}:FILE, or use --random.`,
  );
}
