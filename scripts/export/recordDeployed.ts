import path from 'node:path';
import { cifar100Classes } from '../../lib/data/datasets/cifar100/classNames';
import { loadCifar100 } from '../../lib/data/datasets/cifar100/cifar100';
import { UserError } from '../../lib/errors';
import type { Classifier } from '../../lib/export/classifier';
import { appendJsonLine } from '../../lib/io/jsonLines';
import { sha256 } from '../../lib/io/sha256';
import { withChecksum } from '../../lib/results/records/checksum';
import type { DeployedRecord } from '../../lib/results/records/deployedRecord';
import { commit, thisMachine } from '../../lib/runs/runFolder/machine';
import { deployStudent } from '../../lib/runs/studies/deploymentStudy';

/** Throws a UserError if a student is not a classifier of CIFAR-100, whose test images are measured. */
export function checkMeasurable({ classes }: Pick<Classifier, 'classes'>, weights: string): void {
  if (classes.join() !== cifar100Classes.join())
    throw new UserError(
      `${weights} is not for the classes of CIFAR-100, whose test images are measured. Omit --record.`,
    );
}

/**
 * Exports a student in each precision, measures it on the test images of CIFAR-100, and appends the records to
 * `data/results/export/measured.jsonl`. Throws as `checkMeasurable` does.
 */
export async function recordDeployed(classifier: Classifier, weights: string, out: string): Promise<void> {
  checkMeasurable(classifier, weights);
  const images = await loadCifar100();
  for await (const { student, network, precision, bytes, performance } of deployStudent(weights, out, images)) {
    const { top1, milliseconds, version } = performance!;
    const record: DeployedRecord = {
      student,
      network,
      weights: { path: weights, sha256: await sha256(weights) },
      precision,
      dataset: 'cifar-100',
      images: images.test.count,
      top1,
      bytes,
      milliseconds,
      runtime: `onnxruntime ${version}`,
      machine: thisMachine(),
      ...commit(),
      command: `npm run export -- ${weights} --record`,
    };
    await appendJsonLine(path.join('data', 'results', 'export', 'measured.jsonl'), withChecksum(record));
    console.log(`${precision}: top-1 ${top1.toFixed(2)} %, ${megabytes(bytes)} MB, ${milliseconds.toFixed(2)} ms`);
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
