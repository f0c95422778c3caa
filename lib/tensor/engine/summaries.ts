import { isNative } from './native';

/** An event file of TensorBoard. */
export interface Summaries {
  scalar(tag: string, value: number, step: number): void;
  /** Writes buffered values to disk. */
  flush(): void;
}

/**
 * Creates an event file in a folder, which TensorBoard shows as one run. Returns undefined without the native
 * TensorFlow backend.
 */
export async function openSummaries(folder: string): Promise<Summaries | undefined> {
  if (!isNative()) return undefined;
  const { node } = await import('@tensorflow/tfjs-node');
  return node.summaryFileWriter(folder);
}
