import assert from 'node:assert/strict';
import { UserError } from '../../lib/errors';

/** Asserts that a promise rejects with a UserError whose message contains all of these texts. */
export async function rejectsWith(work: Promise<unknown>, ...texts: readonly string[]): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof UserError, `expected a UserError, got ${String(error)}`);
    for (const text of texts) assert.ok(error.message.includes(text), `"${text}" is not in "${error.message}"`);
    return true;
  });
}
