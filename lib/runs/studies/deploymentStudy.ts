import path from 'node:path';
import type { InMemoryDataset } from '../../data/datasets/dataset';
import { holdOut } from '../../data/datasets/holdOut';
import { loadDatasets } from '../../data/datasets/loadDatasets';
import { batches } from '../../data/loading/batches';
import { UserError } from '../../errors';
import { openClassifier } from '../../export/classifier';
import { loadExits } from '../../export/exits';
import { measureOnnx, type OnnxPerformance } from '../../export/onnxruntime/measure';
import { calibrationImages, quantise } from '../../export/onnxruntime/quantise';
import { hasOnnxruntime } from '../../export/onnxruntime/runProgram';
import { writeImages } from '../../export/onnxruntime/writeImages';
import { writeOnnx } from '../../export/writeOnnx';
import { inTemporaryFolder } from '../../io/temporaryFolder';
import { branchesBeside } from '../../models/branches/branchesBeside';
import type { Model } from '../../models/model';
import { disposeModule } from '../../models/parameter';
import type { Profile } from '../../profile';
import type { precisions } from '../../results/records/deployedRecord';
import { Random } from '../../tensor/random';
import { exitStudy, type ExitStudy } from './branchStudy';
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

/** Exports of recorded students, and early exit of one with branches, on the same test images. */
export interface DeploymentStudy {
  readonly test: InMemoryDataset;
  /**
   * Exports the students to ONNX, quantises them to int8, and measures both with onnxruntime. Without onnxruntime it
   * exports only. Yields all models so far after each.
   */
  models(): AsyncGenerator<readonly DeployedModel[], void>;
  /** Accuracy and cost of the exits of a student, whose branches are in the file beside its weights. */
  exits(weights: string, thresholds: readonly number[]): Promise<ExitStudy>;
}

/** Loads the images: CIFAR-100, or synthetic ones with a warning. Warns if onnxruntime is not installed. */
export async function deploymentStudy(
  { profile, weights, testImages, out }: DeploymentSettings,
  warn: Warn,
  isInstalled = hasOnnxruntime(),
): Promise<DeploymentStudy> {
  const { train, test: all, notice } = await loadDatasets(profile, { syntheticFallback: true });
  warn(notice);
  if (!isInstalled)
    warn('onnxruntime is not installed, so that nothing is quantised or measured here. ' + 'Run: npm run onnxruntime');
  const test = holdOut(all, Math.min(testImages, all.count), new Random(0)).heldOut;
  return {
    test,
    async *models() {
      const models: DeployedModel[] = [];
      for (const file of weights) {
        const folder = path.join(out, path.basename(file, '.safetensors'));
        for await (const model of deployStudent(file, folder, { train, test }, isInstalled)) {
          models.push(model);
          yield [...models];
        }
      }
    },
    exits: (file, thresholds) => studentExits(file, test, thresholds),
  };
}

async function studentExits(weights: string, test: InMemoryDataset, thresholds: readonly number[]): Promise<ExitStudy> {
  const { model, preprocessing } = openClassifier(weights);
  const { mean, std } = preprocessing;
  const modules: object[] = [model];
  try {
    checkFits(model, weights, test);
    const exits = loadExits(model, branchesBeside(weights));
    modules.push(exits.modules);
    const name = path.basename(weights, '.safetensors');
    const student = { name, student: model, distillation: { title: name, exits: exits.exits } };
    const [study] = await exitStudy([student], { ...test, mean, std }, thresholds);
    return study!;
  } finally {
    modules.forEach(disposeModule);
  }
}

/** Throws a UserError if a network cannot classify the test images. */
function checkFits({ name, classes, imageSize }: Model, weights: string, test: InMemoryDataset): void {
  const { height, width } = test.size;
  if (classes === test.classes.length && imageSize === height && imageSize === width) return;
  throw new UserError(
    `${name} in ${weights} has ${classes} classes and reads images of ${imageSize} px, and ${test.name} has ` +
      `${test.classes.length} classes and images of ${height} × ${width} px. Use a network for these images.`,
  );
}

/** Exports a student in every precision and measures it on the test images, if onnxruntime is installed. */
export async function* deployStudent(
  weights: string,
  folder: string,
  { train, test }: { readonly train: InMemoryDataset; readonly test: InMemoryDataset },
  isInstalled = hasOnnxruntime(),
): AsyncGenerator<DeployedModel, void> {
  const classifier = openClassifier(weights);
  const { model, preprocessing } = classifier;
  try {
    const names = { student: path.basename(weights, '.safetensors'), network: model.name };
    checkFits(model, weights, test);
    const { onnx, bytes } = await writeOnnx(classifier, folder);
    if (!isInstalled) return void (yield { ...names, precision: 'float32', bytes });
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
