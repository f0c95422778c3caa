import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import { downloadHubFile, type HubOptions } from '../../../lib/io/download/huggingFace';
import { UnreachableError } from '../../../lib/io/download/http';
import { rejectsWith } from '../../support/rejectsWith';
import { temporaryFolder } from '../../support/temporaryFolder';
import { closedAddress, sendFrom, serve } from './server';

const weights = Buffer.alloc(300_000, 'weights');
const config = Buffer.from('{"architecture": "resnet18"}');
const sha256 = createHash('sha256').update(weights).digest('hex');
const git = createHash('sha1').update(`blob ${config.length}\0`).update(config).digest('hex');
const requested = { repository: 'timm/resnet18.a1_in1k', file: 'model.safetensors' };

interface Hub {
  readonly options: HubOptions;
  /** Method and path of each request so far. */
  readonly requests: string[];
}

/**
 * Behaves like the real hub: redirects large files to another host and states their SHA-256, and sends small ones
 * itself.
 */
async function hub(
  context: TestContext,
  change: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Hub> {
  const requests: string[] = [];
  const store = new URL(
    await serve(context, (request, response) => {
      requests.push(`${request.method} store`);
      sendFrom(weights, request, response);
    }),
  );
  const address = new URL(
    await serve(context, (request, response) => {
      requests.push(`${request.method} ${request.url}`);
      if (change(request, response)) return;
      if (request.url === '/timm/resnet18.a1_in1k/resolve/main/model.safetensors') {
        response
          .writeHead(302, {
            location: store.href,
            'x-linked-etag': `"${sha256}"`,
            'x-linked-size': weights.length,
            etag: '"0123"',
          })
          .end();
      } else if (request.url === '/timm/resnet18.a1_in1k/resolve/main/config.json') {
        response.writeHead(307, { location: '/cache/config.json' }).end();
      } else if (request.url === '/cache/config.json') {
        response
          .writeHead(200, { etag: `W/"${git}"`, 'content-length': config.length })
          .end(request.method === 'HEAD' ? undefined : config);
      } else {
        response.writeHead(404).end();
      }
    }),
  );
  return { options: { endpoint: address.origin, folder: await temporaryFolder(context), retryDelay: 1 }, requests };
}

test('downloads and verifies a large file once, and then only checks for changes', async (t) => {
  const { options, requests } = await hub(t);
  let last = 0;
  const file = await downloadHubFile(requested, {
    ...options,
    onProgress: ({ received }) => {
      last = received;
    },
  });
  assert.deepEqual(readFileSync(file), weights);
  assert.match(file, /\.safetensors$/);
  assert.equal(last, weights.length);
  assert.equal(await downloadHubFile(requested, options), file);
  assert.deepEqual(
    requests.map((request) => request.split(' ')[0]),
    ['HEAD', 'GET', 'GET', 'HEAD'],
  );
});

test('follows redirects within the host and verifies a small file by its git checksum', async (t) => {
  const { options } = await hub(t);
  assert.deepEqual(readFileSync(await downloadHubFile({ ...requested, file: 'config.json' }, options)), config);
});

test('without a network, uses downloaded files and rejects others', async (t) => {
  const { options } = await hub(t);
  const file = await downloadHubFile(requested, options);
  const unreachable = { ...options, endpoint: new URL(await closedAddress()).origin };
  assert.equal(await downloadHubFile(requested, unreachable), file);
  assert.equal(await downloadHubFile(requested, { ...options, offline: true }), file);
  await assert.rejects(downloadHubFile({ ...requested, file: 'config.json' }, unreachable), UnreachableError);
  await assert.rejects(
    downloadHubFile({ ...requested, revision: 'v2' }, { ...options, offline: true }),
    UnreachableError,
  );
});

test('downloads a file again after it changed on the hub', async (t) => {
  let old = true;
  const first = Buffer.from('first');
  const { options } = await hub(t, (request, response) => {
    if (!old || !request.url?.endsWith('model.safetensors')) return false;
    const headers = {
      'x-linked-etag': `"${createHash('sha256').update(first).digest('hex')}"`,
      'x-linked-size': first.length,
      'content-length': first.length,
    };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : first);
    return true;
  });
  assert.deepEqual(readFileSync(await downloadHubFile(requested, options)), first);
  old = false;
  assert.deepEqual(readFileSync(await downloadHubFile(requested, options)), weights);
});

test('rejects wrong checksums, unknown repositories and invalid names', async (t) => {
  const wrong = await hub(t, (request, response) => {
    if (!request.url?.endsWith('model.safetensors')) return false;
    response
      .writeHead(200, { 'x-linked-etag': `"${'0'.repeat(64)}"`, 'x-linked-size': 5, 'content-length': 5 })
      .end(request.method === 'HEAD' ? undefined : 'hello');
    return true;
  });
  await rejectsWith(downloadHubFile(requested, wrong.options), 'does not have the expected SHA-256');
  const damaged = await hub(t, (request, response) => {
    if (request.url !== '/cache/config.json' || request.method === 'HEAD') return false;
    response.writeHead(200, { 'content-length': config.length }).end(Buffer.alloc(config.length, 'x'));
    return true;
  });
  await rejectsWith(
    downloadHubFile({ ...requested, file: 'config.json' }, damaged.options),
    'does not have the checksum',
  );
  const { options } = await hub(t);
  await rejectsWith(
    downloadHubFile({ repository: 'timm/absent', file: 'model.safetensors' }, options),
    '404',
    'timm/absent',
  );
  for (const invalid of ['../secret', 'a b', 'x/../../y', 'owner/na%2fme'])
    await rejectsWith(downloadHubFile({ ...requested, repository: invalid }, options), 'is not a valid name');
  const plain = await hub(t, (request, response) => {
    response.writeHead(200, { 'content-length': 0 }).end();
    return true;
  });
  await rejectsWith(downloadHubFile(requested, plain.options), 'has no checksum');
});

test('retries after temporary failures', async (t) => {
  let failures = 2;
  const { options } = await hub(t, (_, response) => {
    if (failures-- <= 0) return false;
    response.writeHead(503).end();
    return true;
  });
  assert.deepEqual(readFileSync(await downloadHubFile(requested, options)), weights);
});
