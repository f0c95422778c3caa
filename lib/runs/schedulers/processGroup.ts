import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { UserError } from '../../errors';
import type { Group } from '../../training/group';

/**
 * Gradients go through pipes between this process and its helpers. TensorFlow has collective ops of its own, but they need a server
 * that its C interface starts and tfjs-node does not.
 */
export interface LeadingGroup extends Group {
  /** Ends the helpers. They hold nothing that is not here too. */
  close(): void;
}

/** The helpers' end of the pipe. */
const pipe = 3;

/** Starts helpers for this process, which is rank 0: the command is called once for each, with a rank from 1. */
export function leadGroup(
  size: number,
  command: (rank: number) => readonly string[],
  environment: (rank: number) => Readonly<Record<string, string>>,
): LeadingGroup {
  const helpers = Array.from({ length: size - 1 }, (_, i) => {
    const [program = '', ...args] = command(i + 1);
    const child = spawn(program, args, {
      env: { ...process.env, ...environment(i + 1) },
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    // How it ended shows at its pipe, which ends with it.
    child.on('error', () => undefined);
    const end = child.stdio[pipe];
    if (!(end instanceof Socket)) throw new Error('a helper was started without a pipe');
    return { child, line: new Line(end) };
  });
  return {
    rank: 0,
    size,
    sum: async (values) => {
      const others = await Promise.all(helpers.map(({ line }) => line.receive(values.length)));
      for (const other of others) for (let i = 0; i < values.length; i++) values[i] += other[i]!;
      for (const { line } of helpers) line.send(values);
    },
    close: () => helpers.forEach(({ child }) => child.kill('SIGKILL')),
  };
}

/** This process as a helper, called with its rank. It ends with the one that leads. */
export function joinGroup(rank: number, size: number): Group {
  // A Ctrl-C reaches all processes of a terminal: the one that leads decides.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, () => undefined);
  const line = new Line(new Socket({ fd: pipe }));
  return {
    rank,
    size,
    sum: async (values) => {
      line.send(values);
      values.set(await line.receive(values.length));
    },
  };
}

/** Arrays of numbers over a pipe, each answered before the next one is sent. */
class Line {
  private readonly chunks: AsyncIterator<unknown, unknown>;

  constructor(private readonly stream: Socket) {
    this.chunks = stream[Symbol.asyncIterator]();
    // What is wrong with the pipe is told where it is read.
    stream.on('error', () => undefined);
  }

  send({ buffer, byteOffset, byteLength }: Float32Array): void {
    this.stream.write(new Uint8Array(buffer, byteOffset, byteLength));
  }

  async receive(length: number): Promise<Float32Array> {
    const values = new Float32Array(length);
    const bytes = new Uint8Array(values.buffer);
    for (let at = 0; at < bytes.length;) {
      const { value } = await this.chunks.next().catch(() => ({ value: undefined }));
      if (!(value instanceof Uint8Array))
        throw new UserError(
          'One of the processes that train together has ended; what it said stands above. The same command goes on from the last checkpoint.',
        );
      bytes.set(value, at);
      at += value.length;
    }
    return values;
  }
}
