/** What the simulator needs of the machine that it runs on. Injected, so that the world also runs in a browser. */

export interface Host {
  /**
   * Calls `step` until it returns false, and runs all microtasks to their end after each call, before the
   * next. Nothing else may run in between that touches the world.
   */
  loop(step: () => boolean): Promise<void>;
  /**
   * From now until `disarm`, `Date`, `Math.random`, real timers and their kin throw, and `onViolation` hears
   * of it first: code may swallow the throw. `onRejection` hears of each promise rejection nobody handles.
   */
  arm(onViolation: (what: string, stack: string) => void, onRejection: (reason: unknown) => void): void;
  disarm(): void;
}
