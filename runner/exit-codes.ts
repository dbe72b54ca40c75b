/** The exit codes of every command. */
export const EXIT = {
  held: 0,
  broken: 1,
  usage: 2,
  notDeterministic: 3,
  vacuous: 4,
  /** A bug of Seedstorm itself (EX_SOFTWARE of sysexits.h), so that it is never taken for a verdict. */
  internal: 70,
  interrupted: 130,
} as const;
