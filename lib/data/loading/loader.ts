import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../errors';
import type { InMemoryDataset } from '../datasets/dataset';
import { openDecoderProcesses } from '../decoding/decoderProcesses';
import type { BatchData } from './batchData';
import { loadBatch, type BatchRequest, type LoaderSource, type LoaderSources, type WorkerReply } from './loadBatch';

/** Loads batches in worker threads or in this thread. The batches are the same. */
export interface BatchLoader {
  /** Number of worker threads. With 0, `load` computes the batch in this thread. */
  readonly workerCount: number;
  load(request: BatchRequest): Promise<BatchData>;
  close(): Promise<void>;
}

/** Opens a loader with this number of worker threads (0: none). The caller closes it. */
export function openLoader(sources: LoaderSources, workerCount: number): BatchLoader {
  if (workerCount > 0) return new ThreadedLoader(sources, workerCount);
  const processes = openDecoderProcesses();
  return {
    workerCount,
    load: (request) => loadBatch(sources, request, processes),
    close: () => Promise.resolve(processes.close()),
  };
}

/** Gives each request to the worker with the shortest queue. */
class ThreadedLoader implements BatchLoader {
  private readonly workers: readonly LoaderWorker[];

  constructor(
    sources: LoaderSources,
    readonly workerCount: number,
  ) {
    const shared = Object.fromEntries(
      Object.entries(sources).map(([name, source]) => [name, withSharedMemory(source)]),
    );
    this.workers = Array.from({ length: workerCount }, () => new LoaderWorker(shared));
  }

  load(request: BatchRequest): Promise<BatchData> {
    return this.workers.reduce((a, b) => (b.queueLength < a.queueLength ? b : a)).load(request);
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

interface PendingRequest {
  readonly resolve: (data: BatchData) => void;
  readonly reject: (error: Error) => void;
}

/** One worker thread, which replies to requests in their order. */
class LoaderWorker {
  private readonly pending: PendingRequest[] = [];
  private readonly worker: Worker;
  private failure: Error | undefined;

  constructor(sources: LoaderSources) {
    this.worker = new Worker(startScript, { eval: true, workerData: sources });
    this.worker.on('message', (reply: WorkerReply) => {
      const { resolve, reject } = this.pending.shift()!;
      if ('data' in reply) resolve(reply.data);
      else reject(reply.isUserError ? new UserError(reply.error) : new Error(reply.error));
    });
    this.worker.on('error', (error) => {
      this.failure = error;
      this.pending.splice(0).forEach(({ reject }) => reject(error));
    });
  }

  get queueLength(): number {
    return this.pending.length;
  }

  load(request: BatchRequest): Promise<BatchData> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.pending.push({ resolve, reject });
      this.worker.postMessage(request);
    });
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }
}

/**
 * Worker threads inherit no TypeScript compiler, neither from tsx nor from the Jupyter kernel, so that the script loads
 * one. The path is relative to the working directory, which is the root of the project in both.
 */
const workerFile = path.resolve('lib', 'data', 'loading', 'loaderWorker.ts');
const startScript = `require('tsx/cjs'); require(${JSON.stringify(workerFile)});`;

/** The source with its images in memory that all threads share. */
function withSharedMemory(source: LoaderSource): LoaderSource {
  if ('onDevice' in source) return { ...source, dataset: inSharedMemory(source.dataset) };
  return 'images' in source.dataset ? { ...source, dataset: inSharedMemory(source.dataset) } : source;
}

function inSharedMemory(dataset: InMemoryDataset): InMemoryDataset {
  if (dataset.images.buffer instanceof SharedArrayBuffer) return dataset;
  const images = new Uint8Array(new SharedArrayBuffer(dataset.images.length));
  images.set(dataset.images);
  return { ...dataset, images };
}
