import { isNative } from './native';

/** An event file of TensorBoard. */
export interface Summaries {
  scalar(tag: string, value: number, step: number): void;
  /** Writes to the disk what waits in memory. */
  flush(): void;
}

/** Begins an event file in a folder, which TensorBoard shows as one run; undefined where the engine is not TensorFlow's own. */
export async function openSummaries(folder: string): Promise<Summaries | undefined> {
  if (!isNative()) return undefined;
  const { node } = await import('@tensorflow/tfjs-node');
  return node.summaryFileWriter(folder);
}
