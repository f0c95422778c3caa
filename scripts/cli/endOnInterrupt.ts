/**
 * Ends this process on Ctrl-C with a message and exit code 130, so that its children end and its temporary files are
 * removed. For commands that write nothing before they are complete.
 */
export function endOnInterrupt(): void {
  process.on('SIGINT', () => {
    console.error('\nStopped.');
    process.exit(130);
  });
}
