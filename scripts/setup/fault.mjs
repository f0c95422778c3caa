/** What keeps the set-up from going on, in words for the person at the terminal; printed without a stack. */
export class SetupFault extends Error {
  name = 'SetupFault';
}
