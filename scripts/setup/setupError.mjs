/** A reason why the setup cannot continue, for the user; printed without a stack trace. */
export class SetupError extends Error {
  name = 'SetupError';
}
