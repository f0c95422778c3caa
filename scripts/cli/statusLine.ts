/** A line on the terminal that is overwritten by the next one. Does nothing if stderr is not a terminal. */
export class StatusLine {
  show(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
  }

  clear(): void {
    this.show('');
  }
}
