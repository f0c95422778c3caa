// tslab binds its sockets concurrently and replies as soon as a request arrives. On a slow machine, the socket for the
// reply may still be binding, and zeromq throws "Socket is blocked by a bind or unbind operation".
import { createRequire } from 'node:module';
import { inProject } from '../setup/project.mjs';

const server = inProject('node_modules', 'tslab', 'dist', 'jupyter.js');

/** Delays replies of this Jupyter kernel until all sockets are bound. The order of messages stays the same. */
export function replyAfterBind() {
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
  // Only the heartbeat uses a Reply socket.
  const { prototype: heartbeat } = require('zeromq').Reply;
  const { send } = heartbeat;
  const value = async function reply(...parts) {
    await bound;
    return send.apply(this, parts);
  };
  // The inherited property is read-only: define an own one.
  Object.defineProperty(heartbeat, 'send', { value });
}
