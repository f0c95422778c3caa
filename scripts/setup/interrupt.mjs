/** The messages of the work in progress; that of the innermost is last. */
const messages = [];

/**
 * Ends this process on Ctrl-C with a message and exit code 130, until the returned function is called. Listeners of
 * the event `exit` then end its children and remove its lock. Calls can be nested: the latest message is printed.
 */
export function endOnInterrupt(message) {
  if (messages.length === 0) process.on('SIGINT', end);
  messages.push(message);
  return () => {
    messages.splice(messages.indexOf(message), 1);
    if (messages.length === 0) process.off('SIGINT', end);
  };
}

function end() {
  console.error(`\n${messages.at(-1)()}`);
  process.exit(130);
}
