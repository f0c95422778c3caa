import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../errors';
import { Random } from '../../tensor/random';
import { changes, type Preparation } from '../augmentation/augmentation';
import type { Images } from '../images/imageFiles';
import { prepareFiles } from './prepareFiles';
import { prepare, type Prepared } from './prepare';

/** A set of images and how they are prepared. */
export interface Source {
  readonly set: Images;
  readonly preparation: Preparation;
}

/** A batch wanted: which images of which source, and the seed of its stream of random numbers. */
export interface BatchRequest {
  readonly source: string;
  readonly indices: Uint32Array;
  readonly seed: number;
}

/** Makes batches, in this thread or ahead of it in others; the batches are the same. */
export interface Preparer {
  /** Threads beside this one; 0: a batch is made when it is asked for, and its maker waits. */
  readonly workers: number;
  prepare(request: BatchRequest): Promise<Prepared>;
  close(): Promise<void>;
}

/** What a worker answers. */
export type Answer = { readonly prepared: Prepared } | { readonly fault: string; readonly ofUser: boolean };

export type Sources = Readonly<Record<string, Source>>;

/** Opens so many threads that make batches, or with 0 of them makes batches in this one. Whoever opens it closes it. */
export function openPreparer(sources: Sources, workers: number): Preparer {
  return workers === 0 ? ownThread(sources) : otherThreads(sources, workers);
}

/** Answers requests in the thread that it is called in. */
export function answering(sources: Sources): (request: BatchRequest) => Promise<Prepared> {
  return async ({ source, indices, seed }) => {
    const { set, preparation } = sources[source]!;
    return 'images' in set
      ? prepare(set, indices, new Random(seed), changes(set, preparation))
      : prepareFiles(set, indices, new Random(seed), preparation);
  };
}

function ownThread(sources: Sources): Preparer {
  const answer = answering(sources);
  return { workers: 0, prepare: answer, close: () => Promise.resolve() };
}

interface Pending {
  readonly resolve: (prepared: Prepared) => void;
  readonly reject: (error: Error) => void;
}

/** Each worker answers in the order in which it was asked; whoever has least to do is asked next. */
function otherThreads(sources: Sources, count: number): Preparer {
  const shared = Object.fromEntries(
    Object.entries(sources).map(([name, { set, preparation }]) => [name, { set: share(set), preparation }]),
  );
  const threads = Array.from({ length: count }, () => {
    const pending: Pending[] = [];
    const worker = new Worker(start, { eval: true, workerData: shared });
    worker.on('message', (answer: Answer) => {
      const { resolve, reject } = pending.shift()!;
      if ('prepared' in answer) resolve(answer.prepared);
      else reject(answer.ofUser ? new UserError(answer.fault) : new Error(answer.fault));
    });
    const thread = { worker, pending, broken: undefined as Error | undefined };
    worker.on('error', (error) => {
      thread.broken = error;
      pending.splice(0).forEach(({ reject }) => reject(error));
    });
    return thread;
  });
  return {
    workers: count,
    prepare: (request) =>
      new Promise((resolve, reject) => {
        const { worker, pending, broken } = threads.reduce((a, b) => (b.pending.length < a.pending.length ? b : a));
        if (broken) return reject(broken);
        pending.push({ resolve, reject });
        worker.postMessage(request);
      }),
    close: async () => void (await Promise.all(threads.map(({ worker }) => worker.terminate()))),
  };
}

/** Works in a plain process and in the notebook kernel alike: both stand at the project's root, and neither hands its compiler to threads. */
const start = `require('tsx/cjs'); require(${JSON.stringify(path.resolve('lib', 'data', 'batches', 'preparerWorker.ts'))});`;

/** The same set with its images where every thread sees them. */
function share(set: Images): Images {
  if (!('images' in set) || set.images.buffer instanceof SharedArrayBuffer) return set;
  const images = new Uint8Array(new SharedArrayBuffer(set.images.length));
  images.set(set.images);
  return { ...set, images };
}
