// tslab binds its sockets one beside the other and answers at once: a client that is quick, on a machine that is slow, asks on one socket
// while the one that the answer goes out by is still being bound, and zeromq throws ("Socket is blocked by a bind or unbind operation").
import { createRequire } from 'node:module';
import { inProject } from '../setup/project.mjs';

const require = createRequire(import.meta.url);

/** Has the kernel answer no message before all of its sockets are bound; their order stays. */
export function answerOnceBound() {
  const { prototype } = require(inProject('node_modules', 'tslab', 'dist', 'jupyter.js')).ZmqServer;
  const { init, handleShellMessage } = prototype;
  const bound = new WeakMap();
  prototype.init = function initialise() {
    const done = init.call(this);
    bound.set(this, done);
    return done;
  };
  prototype.handleShellMessage = async function handle(...message) {
    await bound.get(this);
    return handleShellMessage.apply(this, message);
  };
}
