/** A line on a terminal that is written over again and again; silent where stderr is no terminal. */
export class StatusLine {
  show(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`);
  }

  clear(): void {
    this.show('');
  }
}
