import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { UserError } from '../../errors';
import type { Group } from '../../training/step/processGroup';

/**
 * The leading process of a group. Gradients go through pipes between it and its helpers: TensorFlow's own collective
 * ops need a server that its C interface can start, but tfjs-node does not expose.
 */
export interface LeadingGroup extends Group {
  /** Ends the helpers. They hold no state that the leading process lacks. */
  close(): void;
}

/** File descriptor of the pipe in a helper. */
const pipe = 3;

/**
 * Starts the helpers of this process, which has rank 0. Calls `command` and `environment` once for each, with ranks
 * from 1.
 */
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
    // A helper that fails closes its pipe, and reading from the pipe reports it.
    child.on('error', () => undefined);
    const end = child.stdio[pipe];
    if (!(end instanceof Socket)) throw new Error('a helper was started without a pipe');
    return { child, channel: new Channel(end) };
  });
  return {
    rank: 0,
    size,
    sum: async (values) => {
      const others = await Promise.all(helpers.map(({ channel }) => channel.receive(values.length)));
      for (const other of others) for (let i = 0; i < values.length; i++) values[i] += other[i]!;
      for (const { channel } of helpers) channel.send(values);
    },
    close: () => helpers.forEach(({ child }) => child.kill('SIGKILL')),
  };
}

/** This process as a helper with the given rank. It ends when the leading process does. */
export function joinGroup(rank: number, size: number): Group {
  // A Ctrl-C reaches all processes of a terminal. The leading process decides when to stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, () => undefined);
  const channel = new Channel(new Socket({ fd: pipe }));
  return {
    rank,
    size,
    sum: async (values) => {
      channel.send(values);
      values.set(await channel.receive(values.length));
    },
  };
}

/** Sends and receives arrays of float32 over a pipe, in turns. */
class Channel {
  private readonly chunks: AsyncIterator<unknown, unknown>;

  constructor(private readonly stream: Socket) {
    this.chunks = stream[Symbol.asyncIterator]();
    // `receive` reports an error of the pipe.
    stream.on('error', () => undefined);
  }

  send({ buffer, byteOffset, byteLength }: Float32Array): void {
    this.stream.write(new Uint8Array(buffer, byteOffset, byteLength));
  }

  async receive(length: number): Promise<Float32Array> {
    const values = new Float32Array(length);
    const bytes = new Uint8Array(values.buffer);
    for (let offset = 0; offset < bytes.length;) {
      const { value } = await this.chunks.next().catch(() => ({ value: undefined }));
      if (!(value instanceof Uint8Array)) {
        throw new UserError(
          'One of the processes that train together has ended; its output above shows why. ' +
            'Run the same command again to resume from the last checkpoint.',
        );
      }
      bytes.set(value, offset);
      offset += value.length;
    }
    return values;
  }
}
