import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { download, type Download } from '../../../lib/io/download/download';
import { processNamespace } from '../../../lib/io/processNamespace';
import { UnreachableError } from '../../../lib/io/download/http';
import { Random } from '../../../lib/tensor/random';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { closedAddress, closeConnection, sendFrom, serve, requestedStart } from './server';

const random = new Random(1);
const content = Buffer.from(Array.from({ length: 300_000 }, () => random.integer(256)));
const checksum = createHash('sha256').update(content).digest('hex');

test('downloads a file, reports its progress and creates its folder', async (t) => {
  const url = await serve(t, (request, response) => sendFrom(content, request, response));
  const seen: number[] = [];
  const request = {
    ...(await plan(t, url)),
    onProgress: ({ received, total }: { received: number; total: number | undefined }) => {
      assert.equal(total, content.length);
      seen.push(received);
    },
  };
  await download(request);
  assert.deepEqual(await readFile(request.target), content);
  assert.equal(seen.at(-1), content.length);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.deepEqual(await readdir(path.dirname(request.target)), ['file.bin']);
});

test('resumes a download that was interrupted at any byte', async (t) => {
  for (const cut of [1, 17, 65_536, 150_000, 299_999]) {
    const starts: number[] = [];
    const url = await serve(t, (request, response) => {
      starts.push(requestedStart(request));
      sendFrom(content, request, response, starts.length === 1 ? cut : Infinity);
    });
    const request = await plan(t, url);
    await download(request);
    assert.deepEqual(await readFile(request.target), content);
    assert.equal(starts[0], 0);
    assert.ok(starts.length === 2 && starts[1]! <= cut && (cut < 65_536 || starts[1]! > 0), `${cut}: ${starts}`);
  }
});

test('keeps the received bytes when aborted and resumes the next time', async (t) => {
  const starts: number[] = [];
  const url = await serve(t, (request, response) => {
    starts.push(requestedStart(request));
    if (starts.length === 1)
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 100_000));
    else sendFrom(content, request, response);
  });
  const request = await plan(t, url);
  const stop = new AbortController();
  const onProgress = ({ received }: { received: number }): void => {
    if (received === 100_000) stop.abort(new Error('stopped here'));
  };
  await assert.rejects(download({ ...request, onProgress, signal: stop.signal }), /stopped here/);
  assert.deepEqual(await readdir(path.dirname(request.target)), ['file.bin.part']);
  await download(request);
  assert.deepEqual(await readFile(request.target), content);
  assert.ok(starts[1]! > 0, `resumed at ${starts[1]}`);
});

test('restarts if the server does not support range requests', async (t) => {
  let requests = 0;
  const url = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(++requests === 1 ? content.subarray(0, 1000) : content, () =>
      requests === 1 ? closeConnection(response) : response.end(),
    );
  });
  const request = await plan(t, url);
  await download(request);
  assert.deepEqual(await readFile(request.target), content);
});

test('discards a damaged part file and downloads the whole file', async (t) => {
  const url = await serve(t, (request, response) => sendFrom(content, request, response));
  const request = await plan(t, url);
  await mkdir(path.dirname(request.target), { recursive: true });
  for (const length of [5000, content.length, content.length + 7]) {
    await writeFile(`${request.target}.part`, Buffer.alloc(length, 1));
    await download(request);
    assert.deepEqual(await readFile(request.target), content);
    assert.deepEqual(await readdir(path.dirname(request.target)), ['file.bin']);
  }
});

test('takes over the part file of an ended process, but not of a running one or of another machine', async (t) => {
  const starts: number[] = [];
  const url = await serve(t, (request, response) => {
    starts.push(requestedStart(request));
    sendFrom(content, request, response);
  });
  const request = await plan(t, url);
  await mkdir(path.dirname(request.target), { recursive: true });
  await writeFile(`${request.target}.part.${process.pid}.aa.${processNamespace()}`, content.subarray(0, 10));
  await writeFile(`${request.target}.part.4194399.cc.another-machine`, content.subarray(0, 999));
  await writeFile(`${request.target}.part.4194399.bb.${processNamespace()}`, content.subarray(0, 777));
  await download(request);
  assert.deepEqual(starts, [777]);
  assert.deepEqual(
    (await readdir(path.dirname(request.target))).sort(),
    [
      'file.bin',
      `file.bin.part.4194399.cc.another-machine`,
      `file.bin.part.${process.pid}.aa.${processNamespace()}`,
    ].sort(),
  );
});

test('two concurrent downloads of one file both succeed', async (t) => {
  const url = await serve(t, (request, response) => sendFrom(content, request, response));
  const request = await plan(t, url);
  await Promise.all([download(request), download(request)]);
  assert.deepEqual(await readFile(request.target), content);
  assert.deepEqual(await readdir(path.dirname(request.target)), ['file.bin']);
});

test('rejects wrong content, lengths and ranges, and leaves no file', async (t) => {
  const wrong = Buffer.from(content);
  wrong[1234] ^= 1;
  const handlers: Readonly<Record<string, readonly [Parameters<typeof serve>[1], ...string[]]>> = {
    content: [(request, response) => sendFrom(wrong, request, response), 'SHA-256', checksum],
    shorter: [
      (_, response) => response.writeHead(200, { 'content-length': 1000 }).end(content.subarray(0, 1000)),
      'SHA-256',
    ],
    longer: [
      (_, response) =>
        response.writeHead(200, { 'content-length': content.length + 5 }).write(content, () => response.destroy()),
      'failed',
    ],
    huge: [(_, response) => response.writeHead(200, { 'content-length': 1e12 }).end(), 'longer than'],
    endless: [
      (_, response) => {
        response.writeHead(200);
        // Node 24 calls back at once after the client has left: the event of that needs a turn of the loop.
        const pour = (): void => void (response.destroyed || response.write(content, () => setImmediate(pour)));
        pour();
      },
      'longer than',
    ],
    range: [
      (request, response) => {
        if (requestedStart(request) === 0) return sendFrom(content, request, response, 1000);
        response
          .writeHead(206, { 'content-range': `bytes 5-${content.length - 1}/${content.length}` })
          .end(content.subarray(5));
      },
      'another part',
    ],
  };
  for (const [name, [handler, ...words]] of Object.entries(handlers)) {
    const request = await plan(t, await serve(t, handler));
    await rejectsWith(download(request), request.url, ...words);
    assert.ok(!(await readdir(path.dirname(request.target))).includes('file.bin'), name);
  }
});

test('timeouts, closed ports and unknown hosts are unreachable; status 404 is a UserError', async (t) => {
  let attempts = 0;
  const silent = await plan(t, await serve(t, () => void attempts++));
  await assert.rejects(
    download({ ...silent, timeout: 1000 }),
    (error) => error instanceof UnreachableError && error.message.includes('sent no data'),
  );
  assert.equal(attempts, 2);
  const absent = await plan(t, await closedAddress());
  await assert.rejects(
    download(absent),
    (error) => error instanceof UnreachableError && error.message.includes('ECONNREFUSED'),
  );
  // This name never has an address (RFC 6761), like any name without a network.
  const nowhere = await plan(t, 'https://nowhere.invalid/file');
  await assert.rejects(
    download(nowhere),
    (error) =>
      error instanceof UnreachableError &&
      error.message.includes('nowhere.invalid') &&
      error.message.includes(nowhere.target),
  );
  const broken = await plan(t, await serve(t, (_, response) => response.writeHead(503).end()));
  await assert.rejects(download(broken), UnreachableError);
  const refused = await plan(t, await serve(t, (_, response) => response.writeHead(404).end()));
  await rejectsWith(download(refused), refused.url, '404');
});

test('resumes after a timeout of a stalled server', async (t) => {
  let requests = 0;
  const url = await serve(t, (request, response) => {
    if (++requests === 1)
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 1000));
    else sendFrom(content, request, response);
  });
  const request = await plan(t, url);
  await download({ ...request, timeout: 1000 });
  assert.deepEqual(await readFile(request.target), content);
});

test('rejects addresses and redirects without https, except on this machine', async (t) => {
  await rejectsWith(download(await plan(t, 'http://example.org/file')), 'https://');
  await rejectsWith(download(await plan(t, 'file:///etc/hostname')), 'https://');
  await rejectsWith(download(await plan(t, 'not an address')), 'not an address');
  const away = await serve(t, (_, response) => response.writeHead(302, { location: 'http://example.org/file' }).end());
  await rejectsWith(download(await plan(t, away)), 'http://example.org/file', 'https://');
  const here = await serve(t, (request, response) => {
    if (request.url === '/file') response.writeHead(302, { location: '/moved' }).end();
    else sendFrom(content, request, response);
  });
  const request = await plan(t, here);
  await download(request);
  assert.deepEqual(await readFile(request.target), content);
  const circle = await serve(t, (_, response) => response.writeHead(302, { location: '/file' }).end());
  await rejectsWith(download(await plan(t, circle)), 'redirects');
});

test('throws a UserError for a folder that cannot be written', async (t) => {
  const url = await serve(t, (request, response) => sendFrom(content, request, response));
  const request = await plan(t, url);
  await rejectsWith(download({ ...request, target: '/sys/none/file.bin' }), 'Cannot write /sys/none/file.bin');
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'plain'), '');
  await rejectsWith(download({ ...request, target: path.join(folder, 'plain', 'file.bin') }), 'a file');
});

async function plan(t: TestContext, url: string): Promise<Download> {
  const target = path.join(await temporaryFolder(t), 'downloads', 'file.bin');
  return { url, target, sha256: checksum, maxBytes: 400_000, attempts: 2, retryDelay: 1, timeout: 5000 };
}
