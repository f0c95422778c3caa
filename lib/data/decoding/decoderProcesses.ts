import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { UserError } from '../../errors';
import type { Pixels } from '../image';
import type { ResizedCrop } from '../transforms/resizedCrop';
import type { DecoderReply, DecoderRequest } from './decoderProcess';
import type { ImageHeader } from './headers/imageHeader';

export interface DecoderLimits {
  /** Seconds after which a process that decodes an image is ended. */
  readonly seconds: number;
  /** Memory of one process in bytes. */
  readonly memoryBytes: number;
}

const defaultLimits: DecoderLimits = { seconds: 60, memoryBytes: 3e9 };

/** Decodes images in other processes, since native code cannot be stopped within a process. */
export interface DecoderProcesses {
  /** Throws a UserError for an image that cannot be decoded within the limits. */
  decode(bytes: Buffer, header: ImageHeader, crop: ResizedCrop): Promise<Pixels>;
  /** Ends the processes. Without it, they end with this process or thread. */
  close(): void;
}

/** Up to `count` processes, each started when it is needed. Default: one for each processor, and at most four. */
export function openDecoderProcesses(
  count = Math.min(4, availableParallelism()),
  limits: DecoderLimits = defaultLimits,
): DecoderProcesses {
  const idle = Array.from({ length: count }, () => new DecoderProcess(limits));
  const all = [...idle];
  const waiting: ((process: DecoderProcess) => void)[] = [];
  return {
    async decode(bytes, header, crop) {
      const free = idle.pop() ?? (await new Promise<DecoderProcess>((resolve) => waiting.push(resolve)));
      try {
        return await free.decode({ bytes, header, crop });
      } finally {
        const next = waiting.shift();
        if (next) next(free);
        else idle.push(free);
      }
    },
    close: () => all.forEach((each) => each.end()),
  };
}

/** One process, which decodes one image at a time, so that it is clear which image ended it. */
class DecoderProcess {
  private child: ChildProcess | undefined;

  constructor(private readonly limits: DecoderLimits) {}

  async decode(request: DecoderRequest): Promise<Pixels> {
    const { seconds, memoryBytes } = this.limits;
    // Twice, because a process may also be ended from outside.
    for (let attempt = 1; attempt <= 2; attempt++) {
      const reply = await this.attempt(request);
      if (reply === 'timeout') throw new UserError(`it could not be decoded within ${seconds} s`);
      if (reply === 'ended') continue;
      if ('data' in reply) return reply;
      if ('isReady' in reply) throw new Error('a decoder process started twice');
      throw reply.isUserError ? new UserError(reply.error) : new Error(reply.error);
    }
    throw new UserError(`its decoder ended, possibly because it needs more than ${memoryBytes / 1e9} GB of memory`);
  }

  end(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private async attempt(request: DecoderRequest): Promise<DecoderReply | 'timeout' | 'ended'> {
    const child = (this.child ??= await startProcess(this.limits));
    child.ref();
    child.channel?.ref();
    const answer = replyOf(child, this.limits.seconds);
    // If it cannot be sent, the process has ended.
    child.send(request, (error) => error && child.kill('SIGKILL'));
    const reply = await answer;
    if (typeof reply === 'string') this.end();
    child.unref();
    child.channel?.unref();
    return reply;
  }
}

/** The next message of a process, or why none came. */
function replyOf(child: ChildProcess, seconds: number): Promise<DecoderReply | 'timeout' | 'ended'> {
  return new Promise((resolve) => {
    const settle = (reply: DecoderReply | 'timeout' | 'ended'): void => {
      clearTimeout(timer);
      child.off('message', settle).off('close', onEnd).off('error', onEnd);
      resolve(reply);
    };
    const onEnd = (): void => settle('ended');
    const timer = setTimeout(() => settle('timeout'), 1000 * seconds);
    child.on('message', settle).on('close', onEnd).on('error', onEnd);
  });
}

/** Seconds until a new process is ready, on a busy machine. */
const startSeconds = 120;

/**
 * A process without terminal, so that native libraries print nothing. The shell limits its memory where the system
 * allows it. The path is relative to the working directory, as that of the loader's threads.
 */
async function startProcess({ memoryBytes }: DecoderLimits): Promise<ChildProcess> {
  const program = path.resolve('lib', 'data', 'decoding', 'decoderProcess.ts');
  const script = `ulimit -d ${Math.ceil(memoryBytes / 1024)} 2>/dev/null; exec "$@"`;
  const child = spawn('/bin/sh', ['-c', script, 'sh', process.execPath, '--require', 'tsx/cjs', program], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  // Its first message follows the loading of its modules.
  if (typeof (await replyOf(child, startSeconds)) !== 'string') return child;
  child.kill('SIGKILL');
  throw new Error(
    `The process that decodes images cannot be started: ${process.execPath} --require tsx/cjs ${program}`,
  );
}
