import assert from 'node:assert/strict';
import { UserError } from '../../lib/errors';

/** Checks that the work ends in a UserError whose message holds all of these words. */
export async function rejectsWith(work: Promise<unknown>, ...words: readonly string[]): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof UserError, `a UserError, not ${String(error)}`);
    for (const word of words) assert.ok(error.message.includes(word), `"${word}" in "${error.message}"`);
    return true;
  });
}
