/** Makes the error that a format's owner throws: its code is the owner's. `where` says what was being read or written. */
export type MakeError = (expected: string, found: string, where: string) => Error;
