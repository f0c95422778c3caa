import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { pillowPython } from '../pillow/environment.mjs';

/** One Python process that decodes all images. */
export interface PillowProcess {
  /** Pixels of Pillow's convert('RGB'); undefined if Pillow rejects the image. */
  decode(file: string): Promise<Buffer | undefined>;
  close(): void;
}

/** Starts the process. Returns undefined if Pillow is not installed. */
export function startPillow(): PillowProcess | undefined {
  const python = pillowPython();
  if (python === undefined) return undefined;
  const child = spawn(python, ['-W', 'ignore', path.join(__dirname, 'pillow.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return { decode: (file) => request(child, file), close: () => void child.kill() };
}

/** Sends a path and reads the reply: four bytes with the length, and the pixels. */
async function request(child: ChildProcess, file: string): Promise<Buffer | undefined> {
  child.stdin!.write(`${file}\n`);
  const chunks: Buffer[] = [];
  let missing = Infinity;
  return new Promise((resolve, reject) => {
    const onEnd = (): void => reject(new Error('Pillow ended'));
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.length >= 4) missing = 4 + bytes.readUInt32LE(0) - bytes.length;
      if (missing > 0) return;
      child.stdout!.off('data', onData);
      child.off('close', onEnd);
      resolve(bytes.length === 4 ? undefined : bytes.subarray(4));
    };
    child.stdout!.on('data', onData);
    child.once('close', onEnd);
  });
}
