import { contentId } from '../../lib/io/contentId';
import { trainingVersion } from '../../lib/training/trainingVersion';
import type { DeployedRecord } from '../../lib/results/records/deployedRecord';
import type { EpochRecord, RunRecord } from '../../lib/results/records/record';

/** A record as a run of two epochs leaves it, with what a test changes. */
export function sampleRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    id: 'a1b2c3',
    experiment: 'main',
    row: 'vit_128 from resnet_16 by ofa',
    profile: 'laptop',
    dataset: 'cifar-100',
    teacher: 'resnet_16',
    student: 'vit_128',
    method: 'ofa',
    recipe: { gamma: 1.2, stages: [1, 2, 3, 4] },
    seed: 0,
    epochs: 2,
    images: 25_000,
    commit: 'abcdef0123456789',
    dirty: false,
    trainingVersion,
    machine: { processor: 'Zen 4', cores: 2, memoryGB: 16 },
    threads: 2,
    versions: { node: '20.19.0', tensorflow: '2.21.0' },
    started: '2026-01-02T03:04:05.000Z',
    seconds: 120,
    command: 'npm run experiment -- run main',
    top1: 28.6,
    top5: 55,
    bestTop1: 28.7,
    teacherTop1: 61.2,
    history: [sampleEpoch(1, 20), sampleEpoch(2, 28.6)],
    ...changes,
  };
}

/** A record whose id and recipe are those of its run. Records in files must have both. */
export function identifiedRecord(changes: Partial<RunRecord> = {}): RunRecord {
  const record = sampleRecord({ top5: 50, bestTop1: 28.6, ...changes });
  const { student, teacher, method, seed, epochs, dataset, images } = record;
  const recipe = {
    student,
    teacher: teacher === null ? null : { model: teacher },
    method: { kind: method },
    data: { name: dataset, trainImages: images },
    seed,
    epochs,
  };
  return { ...record, recipe, id: contentId(recipe) };
}

export function sampleEpoch(epoch: number, top1: number): EpochRecord {
  return {
    epoch,
    loss: 5 / epoch,
    parts: { label: 3 / epoch, logits: 2 / epoch },
    top1,
    top5: 50,
    learningRate: 1e-3,
    imagesPerSecond: 200,
    seconds: 60,
  };
}

/** A record of an exported student, with what a test changes. */
export function sampleDeployed(changes: Partial<DeployedRecord> = {}): DeployedRecord {
  return {
    student: 'vit_64-by-kd',
    network: 'vit_64',
    weights: { path: 'data/weights/vit_64-by-kd.safetensors', sha256: '0'.repeat(64) },
    precision: 'float32',
    dataset: 'cifar-100',
    images: 10_000,
    top1: 30.9,
    bytes: 868_327,
    milliseconds: 0.5,
    runtime: 'onnxruntime 1.32.0',
    machine: { processor: 'Zen 4', cores: 2, memoryGB: 16 },
    commit: 'abcdef0123456789',
    dirty: false,
    command: 'npm run export -- data/weights/vit_64-by-kd.safetensors --record',
    ...changes,
  };
}
