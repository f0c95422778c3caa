import { createHash } from 'node:crypto';
import { imageBatches } from '../../lib/data/loading/batches';
import type { InMemoryDataset } from '../../lib/data/datasets/dataset';
import { UserError } from '../../lib/errors';
import { sha256 } from '../../lib/io/sha256';
import { disposeModule } from '../../lib/models/parameter';
import { trainedModel, type MaybeTrained } from '../../lib/models/weights/trained';
import type { SimilarityRecord } from '../../lib/results/records/similarityRecord';
import { comparePairs } from '../../lib/similarity/compareModels';
import { depthSummary } from '../../lib/similarity/depth';
import { Random } from '../../lib/tensor/random';

export interface Setting {
  /** A network of `data/weights` by its name, or with a file of its own: `resnet_16=runs/…/student.safetensors`. */
  readonly networks: readonly string[];
  /** Each chooses images of its own. */
  readonly seeds: readonly number[];
  readonly batches: number;
  readonly batchSize: number;
}

/** A similarity as it was measured; the record adds from where. */
export type Measured = Omit<SimilarityRecord, 'commit' | 'dirty' | 'command'>;

interface Trained extends MaybeTrained {
  readonly sha256: string;
}

/** Minibatch CKA of every pair of trained networks, and of each with itself, on the images of each seed. Throws a UserError at a network without trained weights. */
export async function* measure(
  { networks: names, seeds, batches, batchSize }: Setting,
  images: InMemoryDataset,
  dataset: string,
): AsyncGenerator<Measured> {
  const networks: Trained[] = [];
  try {
    for (const name of names) networks.push(await trained(name, images));
    const pairs = networks.flatMap((a, i) =>
      networks.slice(i).map((b) => ({ a, b, rowModel: a.model, columnModel: b.model })),
    );
    for (const seed of seeds) {
      const results = await comparePairs(pairs, imageBatches(images, { batchSize, random: new Random(seed) }, batches));
      for (const [i, { rows, columns, values, examples }] of results.entries()) {
        const { a, b } = pairs[i]!;
        const { likeDepth, mean } = depthSummary({ rows, columns, values }, a === b);
        if (likeDepth === null || mean === null)
          throw new UserError(
            `The similarity of ${a.title} and ${b.title} is undefined: all their layers are constant on these images.`,
          );
        const id = createHash('sha256')
          .update(JSON.stringify([a.model.name, a.sha256, b.model.name, b.sha256, dataset, examples, batchSize, seed]))
          .digest('hex')
          .slice(0, 12);
        yield {
          id,
          a: told(a),
          b: told(b),
          dataset,
          rows,
          columns,
          values,
          likeDepth,
          mean,
          examples,
          batchSize,
          seed,
        };
      }
    }
  } finally {
    for (const { model } of networks) disposeModule(model);
  }
}

async function trained(text: string, { classes, size }: InMemoryDataset): Promise<Trained> {
  const [name = '', file] = text.split('=', 2);
  const network = await trainedModel(name, { classes: classes.length, imageSize: size.height }, new Random(0), file);
  if (network.trained) return { ...network, sha256: await sha256(network.weights) };
  disposeModule(network.model);
  throw new UserError(
    `There are no trained weights of ${name} in data/weights, and a record of fresh ones would say nothing. Name a file: ${name}=FILE.`,
  );
}

function told({ model: { name, family }, top1, weights, sha256: hash }: Trained): SimilarityRecord['a'] {
  return { network: name, family, ...(top1 !== undefined && { top1 }), weights: { path: weights, sha256: hash } };
}
