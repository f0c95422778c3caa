// tslab binds its sockets one beside the other and answers at once: a client that is quick, on a machine that is slow, asks on one socket, or
// sends a heartbeat, while the one that the answer goes out by is still being bound, and zeromq throws ("Socket is blocked by a bind or unbind
// operation").
import { createRequire } from 'node:module';
import { inProject } from '../setup/project.mjs';

const server = inProject('node_modules', 'tslab', 'dist', 'jupyter.js');

/** Has the kernel of this process answer nothing before all of its sockets are bound; the order of messages stays. */
export function answerOnceBound() {
  const require = createRequire(server);
  const { prototype } = require(server).ZmqServer;
  const { init, handleShellMessage } = prototype;
  let bound;
  prototype.init = function initialise() {
    bound = init.call(this);
    return bound;
  };
  prototype.handleShellMessage = async function handle(...message) {
    await bound;
    return handleShellMessage.apply(this, message);
  };
  // The heartbeat's socket is the only one that replies.
  const { prototype: heartbeat } = require('zeromq').Reply;
  const { send } = heartbeat;
  const value = async function reply(...parts) {
    await bound;
    return send.apply(this, parts);
  };
  // It inherits one that cannot be assigned to.
  Object.defineProperty(heartbeat, 'send', { value });
}
