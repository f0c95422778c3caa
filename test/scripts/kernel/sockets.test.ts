import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Request } from 'zeromq';
import { freePort } from '../../support/freePort';
import { temporaryFolder } from '../../support/temporaryFolder';

test(
  'the Jupyter kernel answers no heartbeat before all of its sockets are bound, and every one afterwards',
  { timeout: 60_000 },
  async (context) => {
    const folder = await temporaryFolder(context);
    const [bound, late, connection, errorLog] = ['bound', 'late.cjs', 'connection.json', 'error.log'].map((name) =>
      path.join(folder, name),
    ) as [string, string, string, string];
    // Each socket counts as bound a second late.
    await writeFile(
      late,
      `
    if (process.argv[1].endsWith('kernel.mjs')) {
      const { ZmqServer } = require(${JSON.stringify(path.resolve('node_modules/tslab/dist/jupyter.js'))});
      const { bindSocket } = ZmqServer.prototype;
      ZmqServer.prototype.bindSocket = async function bindLate(...args) {
        await bindSocket.apply(this, args);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        require('node:fs').writeFileSync(${JSON.stringify(bound)}, '');
      };
    }`,
    );
    const ports = Object.fromEntries(
      await Promise.all(
        ['hb_port', 'shell_port', 'iopub_port', 'stdin_port', 'control_port'].map(
          async (name) => [name, await freePort()] as const,
        ),
      ),
    );
    await writeFile(
      connection,
      JSON.stringify({ ...ports, ip: '127.0.0.1', transport: 'tcp', key: 'key', signature_scheme: 'hmac-sha256' }),
    );
    const heart = new Request();
    context.after(() => heart.close());
    heart.connect(`tcp://127.0.0.1:${ports['hb_port']}`);
    const kernel = spawn(process.execPath, ['scripts/kernel.mjs', connection], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: `--require ${late}`, OFA_JUPYTER_ERROR_LOG: errorLog },
    });
    context.after(() => kernel.kill('SIGKILL'));
    for (const beat of ['first', 'second', 'third']) {
      await heart.send(beat);
      assert.equal(String((await heart.receive())[0]), beat);
      assert.ok(existsSync(bound), `the ${beat} heartbeat was answered too early`);
    }
    assert.ok(!existsSync(errorLog), 'the Jupyter kernel wrote an unhandled error');
  },
);
