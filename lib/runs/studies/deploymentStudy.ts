import path from 'node:path';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { holdOut } from '../../data/datasets/holdOut';
import { loadDatasets } from '../../data/datasets/loadDatasets';
import { batches } from '../../data/loading/batches';
import { openClassifier } from '../../export/classifier';
import { measureOnnx, type OnnxPerformance } from '../../export/onnxruntime/measure';
import { calibrationImages, quantise } from '../../export/onnxruntime/quantise';
import { hasOnnxruntime } from '../../export/onnxruntime/runProgram';
import { writeImages } from '../../export/onnxruntime/writeImages';
import { writeOnnx } from '../../export/writeOnnx';
import { inTemporaryFolder } from '../../io/temporaryFolder';
import { disposeModule } from '../../models/parameter';
import type { Profile } from '../../profile';
import type { precisions } from '../../results/records/deployedRecord';
import { Random } from '../../tensor/random';
import type { Warn } from './studyInputs';

/** An exported student in one precision. */
export interface DeployedModel {
  /** Name of the weights file, such as `vit_64-by-ofa`. */
  readonly student: string;
  readonly network: string;
  readonly precision: (typeof precisions)[number];
  /** Size of the ONNX file. */
  readonly bytes: number;
  /** Accuracy and latency; undefined without onnxruntime. */
  readonly performance?: OnnxPerformance;
}

export interface DeploymentSettings {
  readonly profile: Profile;
  /** Weights files of the students. */
  readonly weights: readonly string[];
  readonly testImages: number;
  /** Folder for the models, with one folder for each student. */
  readonly out: string;
}

/**
 * Exports students to ONNX, quantises them to int8, and measures both with onnxruntime. Without onnxruntime it warns,
 * and exports only. `onModel` is called after each model.
 */
export async function deploymentStudy(
  { profile, weights, testImages, out }: DeploymentSettings,
  warn: Warn,
  onModel?: (model: DeployedModel) => void,
): Promise<DeployedModel[]> {
  const { train, test, notice } = await loadDatasets(profile, { syntheticFallback: true });
  warn(notice);
  if (!hasOnnxruntime())
    warn(
      'onnxruntime is not installed, so that nothing is quantised or measured. ' +
        'Run: npm run export -- data/weights/vit_64.safetensors --check',
    );
  const images = { train, test: holdOut(test, Math.min(testImages, test.count), new Random(0)).heldOut };
  const models: DeployedModel[] = [];
  for (const file of weights)
    for await (const model of deployStudent(file, path.join(out, path.basename(file, '.safetensors')), images)) {
      models.push(model);
      onModel?.(model);
    }
  return models;
}

/** Exports a student in every precision and measures it on the test images, if onnxruntime is installed. */
export async function* deployStudent(
  weights: string,
  folder: string,
  { train, test }: { readonly train: InMemoryDataset; readonly test: InMemoryDataset },
): AsyncGenerator<DeployedModel> {
  const classifier = openClassifier(weights);
  const { model, preprocessing } = classifier;
  try {
    const names = { student: path.basename(weights, '.safetensors'), network: model.name };
    const { onnx, bytes } = await writeOnnx(classifier, folder);
    if (!hasOnnxruntime()) return void (yield { ...names, precision: 'float32', bytes });
    const { mean, std } = preprocessing;
    const calibration = holdOut(train, Math.min(calibrationImages, train.count), new Random(0)).heldOut;
    const performance = await inTemporaryFolder(async (temporary) => {
      const images = path.join(temporary, 'images');
      await writeImages(images, batches({ ...test, mean, std }, { batchSize: 250 }));
      const int8 = await quantise(onnx, batches({ ...calibration, mean, std }, { batchSize: 100 }));
      return {
        float32: { bytes, performance: await measureOnnx(onnx, images, test.labels) },
        int8: { bytes: int8.bytes, performance: await measureOnnx(int8.file, images, test.labels) },
      };
    });
    yield { ...names, precision: 'float32', ...performance.float32 };
    yield { ...names, precision: 'int8', ...performance.int8 };
  } finally {
    disposeModule(model);
  }
}
