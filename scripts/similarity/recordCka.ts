import path from 'node:path';
import { loadDatasets } from '../../lib/data/datasets/loadDatasets';
import { imageBatches } from '../../lib/data/loading/batches';
import type { InMemoryDataset } from '../../lib/data/datasets/dataset';
import { UserError } from '../../lib/errors';
import { appendJsonLine } from '../../lib/io/jsonLines';
import { sha256 } from '../../lib/io/sha256';
import { disposeModule } from '../../lib/models/parameter';
import { trainedModel, type MaybeTrained } from '../../lib/models/weights/trained';
import { commit } from '../../lib/runs/runFolder/machine';
import { withChecksum } from '../../lib/results/records/checksum';
import {
  measurement,
  readSimilarities,
  similarityId,
  type SimilarityRecord,
} from '../../lib/results/records/similarityRecord';
import { comparePairs } from '../../lib/similarity/compareModels';
import { depthSummary } from '../../lib/similarity/depth';
import { Random } from '../../lib/tensor/random';
import { pausable } from './pausable';

export interface Setting {
  /** Names of networks with weights in `data/weights`, or with their own: `resnet_16=runs/…/student.safetensors`. */
  readonly networks: readonly string[];
  /** One random choice of images for each seed. */
  readonly seeds: readonly number[];
  readonly batches: number;
  readonly batchSize: number;
}

export interface RecordOptions extends Setting {
  readonly profile: 'smoke' | 'laptop';
  readonly out?: string;
}

/** Records the minibatch CKA of trained networks, on which the claim about features is tested. */
export async function recordCka({
  profile,
  out = path.join(profile === 'smoke' ? 'runs' : path.join('data', 'results'), 'similarity', 'cka.jsonl'),
  ...setting
}: RecordOptions): Promise<void> {
  await pausable(path.dirname(out), (signal) => recordAll(setting, profile, out, signal));
}

async function recordAll(
  setting: Setting,
  profile: RecordOptions['profile'],
  out: string,
  signal: AbortSignal,
): Promise<void> {
  const { test, notice } = await loadDatasets(profile);
  if (notice !== undefined) console.error(notice);
  const { networks, seeds, batches, batchSize } = setting;
  const command =
    `npm run similarity -- record --networks ${networks.join(',')} --seeds ${seeds.join(',')} ` +
    `--batches ${batches} --batch-size ${batchSize} --profile ${profile}`;
  const dataset = profile === 'smoke' ? 'synthetic' : 'cifar-100';
  const known = new Set((await readSimilarities(out)).map(measurement));
  for await (const one of measure(setting, test, dataset, signal)) {
    const recorded = known.has(measurement(one));
    if (!recorded) await appendJsonLine(out, withChecksum({ ...one, ...commit(), command }));
    const { a, b, seed, mean, likeDepth } = one;
    console.log(
      `${a.network} and ${b.network}, seed ${seed}: mean CKA ${mean.toFixed(3)}, ` +
        `at equal depth ${likeDepth.toFixed(3)}${recorded ? ' (recorded already)' : ''}`,
    );
  }
}

/** A measured similarity, without the provenance that its record adds. */
type Measurement = Omit<SimilarityRecord, 'commit' | 'dirty' | 'command'>;

interface Trained extends MaybeTrained {
  readonly sha256: string;
}

/**
 * Minibatch CKA of every pair of trained networks, and of each network with itself, for each seed. Throws a UserError
 * if a network has no trained weights.
 */
async function* measure(
  { networks: names, seeds, batches, batchSize }: Setting,
  images: InMemoryDataset,
  dataset: string,
  signal: AbortSignal,
): AsyncGenerator<Measurement> {
  const networks: Trained[] = [];
  try {
    for (const name of names) networks.push(await loadTrained(name, images));
    const pairs = networks.flatMap((a, i) =>
      networks.slice(i).map((b) => ({ a, b, rowModel: a.model, columnModel: b.model })),
    );
    for (const seed of seeds) {
      const sample = imageBatches(images, { batchSize, random: new Random(seed) }, batches);
      const results = await comparePairs(pairs, sample, { signal });
      for (const [i, { rows, columns, values, examples }] of results.entries()) {
        const { a, b } = pairs[i]!;
        const { likeDepth, mean } = depthSummary({ rows, columns, values }, a === b);
        if (likeDepth === null || mean === null)
          throw new UserError(
            `CKA of ${a.title} and ${b.title} is undefined, because all their layers are constant on these images. ` +
              'Use other images or weights.',
          );
        const measured = { a: networkRecord(a), b: networkRecord(b), dataset, examples, batchSize, seed };
        yield { id: similarityId(measured), ...measured, rows, columns, values, likeDepth, mean };
      }
    }
  } finally {
    for (const { model } of networks) disposeModule(model);
  }
}

async function loadTrained(text: string, { classes, size }: InMemoryDataset): Promise<Trained> {
  const [name = '', file] = text.split('=', 2);
  const network = await trainedModel(name, { classes: classes.length, imageSize: size.height }, new Random(0), file);
  if (network.trained) return { ...network, sha256: await sha256(network.weights) };
  disposeModule(network.model);
  throw new UserError(
    `Missing weights: data/weights has no file for ${name}, and random weights are not recorded. ` +
      `Pass a file: ${name}=FILE.`,
  );
}

function networkRecord({ model: { name, family }, top1, weights, sha256: hash }: Trained): SimilarityRecord['a'] {
  return { network: name, family, ...(top1 !== undefined && { top1 }), weights: { path: weights, sha256: hash } };
}
