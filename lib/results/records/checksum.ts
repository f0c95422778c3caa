import { z } from 'zod';
import { UserError } from '../../errors';
import { contentId } from '../../io/contentId';

const stored = z
  .object({ checksum: z.string({ required_error: 'missing, as in records of earlier versions; measure again' }) })
  .passthrough();

/** A record with the hash of its fields, by which a reader finds a change of any of them. */
export function withChecksum(record: object): object {
  return { ...record, checksum: contentId(record) };
}

/** The fields of a stored record without their checksum. Throws a UserError if a field was changed. */
export function checkedFields(value: unknown): object {
  const { checksum, ...fields } = stored.parse(value);
  const actual = contentId(fields);
  if (checksum === actual) return fields;
  throw new UserError(`the record was changed: its checksum is ${checksum}, and that of its content is ${actual}`);
}
