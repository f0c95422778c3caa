import os from 'node:os';
import path from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import type { Dataset } from '../../lib/data/datasets/dataset';
import { openImageFolder } from '../../lib/data/datasets/imageFolder';
import { loadDatasets } from '../../lib/data/datasets/loadDatasets';
import { writeAtomic } from '../../lib/io/atomic';
import { appendJsonLine } from '../../lib/io/jsonLines';
import { disposeModule } from '../../lib/models/parameter';
import type { OwnNetworks } from '../../lib/models/own/network';
import { readNetworks } from '../../lib/models/own/readNetworks';
import { savePage } from '../../lib/notebook/savePage';
import { withChecksum } from '../../lib/results/records/checksum';
import { readCalibrated, type CalibratedRecord } from '../../lib/results/records/calibratedRecord';
import { groupBy } from '../../lib/results/statistics/groupBy';
import { commit } from '../../lib/runs/runFolder/machine';
import { shellQuote } from '../../lib/runs/schedulers/task';
import {
  calibratedSimilarities,
  measurementId,
  type CalibratedSettings,
  type MeasuredNetwork,
} from '../../lib/runs/studies/calibratedSimilarity';
import { similarityCsv, similaritySection } from './figures';
import { chosenLayers, loadNetwork, measuredNetwork, networkSpec, type LoadedNetwork } from './network';
import { pausable } from './pausable';

export interface CompareOptions {
  readonly data: string;
  readonly measure: readonly string[];
  readonly layers?: readonly string[];
  readonly images: number;
  readonly batchSize: number;
  readonly seeds: readonly number[];
  readonly permutations: number;
  readonly alpha: number;
  readonly imageSize?: number;
  /** In GB. */
  readonly maxMemory?: number;
  /** File with networks of the user's own. */
  readonly networks?: string;
  readonly out: string;
}

/** Compares two networks, and writes a page, a CSV file and the records to `out`. Resumes after an interruption. */
export async function compare(first: string, second: string, options: CompareOptions): Promise<void> {
  await pausable(options.out, (signal) => compareAll(first, second, options, signal));
}

async function compareAll(first: string, second: string, options: CompareOptions, signal: AbortSignal): Promise<void> {
  const networks = options.networks === undefined ? undefined : await readNetworks(options.networks);
  const images = await openImages(options.data);
  const format = '{stage} [{bar}] {percentage} % | {eta_formatted} left';
  const bar = new SingleBar({ format }, Presets.shades_classic);
  const records: CalibratedRecord[] = [];
  try {
    for (const seed of options.seeds) {
      const settings = settingsOf(options, seed, bar, signal);
      records.push(...(await compareSeed([first, second], images, options, settings, networks)));
      bar.stop();
    }
  } finally {
    bar.stop();
  }
  await writeResults(records, options.out);
}

function settingsOf(options: CompareOptions, seed: number, bar: SingleBar, signal: AbortSignal): CalibratedSettings {
  const { data, measure, images, batchSize, permutations, alpha, maxMemory } = options;
  let stage = '';
  return {
    measures: measure,
    images,
    batchSize,
    permutations,
    alpha,
    seed,
    dataset: data,
    maxMemory: maxMemory === undefined ? os.totalmem() / 2 : maxMemory * 1e9,
    signal,
    onProgress: (name, done, total) => {
      if (name !== stage) {
        bar.stop();
        bar.start(total, 0, { stage: name });
        stage = name;
      }
      bar.update(done);
    },
  };
}

/** Loads both networks with the seed of the settings, and measures what is missing. */
async function compareSeed(
  names: readonly string[],
  images: Dataset,
  { imageSize, layers, seeds, out }: CompareOptions,
  settings: CalibratedSettings,
  own: OwnNetworks | undefined,
): Promise<CalibratedRecord[]> {
  const { seed } = settings;
  const networks: LoadedNetwork[] = [];
  try {
    for (const text of names) {
      const size = { classes: images.classes.length, imageSize, seed, networks: own };
      networks.push(await loadNetwork(networkSpec(text), size));
    }
    if (seed === seeds[0]) warnOfRandomWeights(networks);
    const models = networks.map(({ model }) => model);
    const chosen = chosenLayers(models, layers);
    const pair: [MeasuredNetwork, MeasuredNetwork] = [
      measuredNetwork(networks[0]!, chosen[0]!),
      measuredNetwork(networks[1]!, chosen[1]!),
    ];
    return await measureMissing(pair, images, settings, path.join(out, 'similarity.jsonl'));
  } finally {
    for (const { model } of networks) disposeModule(model);
  }
}

/** The records of one seed: those of an earlier call of the command, and those that are missing. */
async function measureMissing(
  pair: readonly [MeasuredNetwork, MeasuredNetwork],
  images: Dataset,
  settings: CalibratedSettings,
  file: string,
): Promise<CalibratedRecord[]> {
  const known = new Map((await readCalibrated(file)).map((record) => [record.id, record]));
  const idOf = (measure: string): string => measurementId(pair, measure, settings);
  const measures = settings.measures.filter((measure) => !known.has(idOf(measure)));
  const command = `npm run similarity -- ${process.argv.slice(2).map(shellQuote).join(' ')}`;
  const provenance = commit();
  for await (const one of calibratedSimilarities([pair], images, { ...settings, measures })) {
    const record = { ...one, ...provenance, command };
    await appendJsonLine(file, withChecksum(record));
    known.set(record.id, record);
  }
  return settings.measures.flatMap((measure) => known.get(idOf(measure)) ?? []);
}

async function writeResults(records: readonly CalibratedRecord[], out: string): Promise<void> {
  const [{ a, b, dataset }] = records as [CalibratedRecord];
  const page = path.join(out, 'index.html');
  const sections = [...groupBy(records, ({ measure }) => measure).values()].map(similaritySection);
  await savePage(`Similarity of ${a.network} and ${b.network} on ${dataset}`, sections, page);
  await writeAtomic(path.join(out, 'similarity.csv'), similarityCsv(records));
  for (const { title, seed, mean, max } of records)
    console.log(
      `${title}, seed ${seed}: mean ${mean?.observed.toFixed(3)} (p = ${mean?.p.toFixed(3)}), ` +
        `largest ${max?.observed.toFixed(3)} (p = ${max?.p.toFixed(3)})`,
    );
  console.log(`Page: ${page}  Table: ${path.join(out, 'similarity.csv')}`);
}

/** Test images of CIFAR-100, synthetic images, or a folder with one folder of images per class. */
async function openImages(data: string): Promise<Dataset> {
  if (data === 'cifar-100' || data === 'synthetic') {
    const { test, notice } = await loadDatasets(data === 'synthetic' ? 'smoke' : 'laptop');
    if (notice !== undefined) console.error(notice);
    return test;
  }
  return openImageFolder(data, { imageSize: 224, minClasses: 1 });
}

function warnOfRandomWeights(networks: readonly LoadedNetwork[]): void {
  const names = networks.filter(({ trained }) => !trained).map(({ model }) => model.name);
  if (names.length > 0)
    console.error(`Without trained weights: ${names.join(', ')}. This similarity is not that of trained networks.`);
  if (names.length > 1 && new Set(names).size === 1)
    console.error('Both have the same random weights, because these depend on the seed and the architecture only.');
}
