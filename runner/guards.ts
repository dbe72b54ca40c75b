/**
 * The guard: while the world is on the stack, every source of time and randomness but its own throws, and so
 * does `process.exit`, which would take the verdict away.
 *
 * The wrappers are installed once, when this module is first imported, and stay. Arming only sets a variable,
 * so it costs nanoseconds. Timers and ticks of Node's own code are let through: `console.log` needs `nextTick`.
 *
 * Not covered, because no wrapper can be: `AbortSignal.timeout`, `crypto.subtle`, `Intl`, `Event.timeStamp`,
 * `performance.timeOrigin`, `Atomics.wait`. The lint rules ban those.
 */
import { ForbiddenCall } from "./errors.js";
import { installGuards } from "./guarded-apis.js";

/** Who hears of what happens while armed. */
export interface GuardListener {
  /** Comes before the throw: code may swallow that. */
  onViolation(what: string, stack: string): void;
  /** A rejection that nobody handled, or an error that escaped a microtask. */
  onUncaught(reason: unknown): void;
}

/** The real ones, for the loop itself. Taken before the wrappers went in. */
export const real: {
  readonly setImmediate: (callback: () => void) => void;
  readonly nextTick: (callback: () => void) => void;
} = { setImmediate, nextTick: process.nextTick.bind(process) };

let armed: GuardListener | undefined;
installGuards((what, wrapper) => {
  if (armed !== undefined) refuse(armed, what, wrapper);
});

const guardedNextTick = Reflect.get(process, "nextTick");
/** What Node's own code needs of these, on behalf of others. */
const NODE_MAY_CALL = /(nextTick|setTimeout|setInterval|setImmediate)$/;

/** From now on forbidden calls throw. */
export function arm(listener: GuardListener): void {
  // vitest swaps the real one in around its own calls, and back to what it was at some earlier time.
  process.nextTick = guardedNextTick;
  armed = listener;
}

/** From now on they work again. */
export function disarm(): void {
  armed = undefined;
}

function refuse(listener: GuardListener, what: string, wrapper: (...args: never[]) => unknown): void {
  const caught = { stack: "" };
  Error.captureStackTrace(caught, wrapper);
  const frames = caught.stack.split("\n").slice(1);
  const isNode = (frame: string): boolean => frame.includes("node:");
  if (NODE_MAY_CALL.test(what) && frames[0] !== undefined && isNode(frames[0])) return;
  const caller = (frames.find((frame) => !isNode(frame)) ?? "").trim();
  listener.onViolation(what, frames.join("\n"));
  throw new ForbiddenCall(what, caller.replace(/^at /, "") || "an unknown caller");
}

const EVENTS = ["unhandledRejection", "uncaughtException"] as const;
type Listener = (reason: never) => void;

/**
 * Takes the process's events of uncaught errors over, and gives back the function that restores whoever
 * listened before (a test runner, the application). The listener only records: a throw in it would escape.
 */
export function takeUncaught(listener: GuardListener): () => void {
  const others = EVENTS.map((name) => process.rawListeners(name) as Listener[]);
  const record = (reason: unknown): void => listener.onUncaught(reason);
  for (const name of EVENTS) {
    process.removeAllListeners(name);
    process.on(name, record);
  }
  return () => {
    EVENTS.forEach((name, index) => {
      process.off(name, record);
      for (const other of others[index]!) process.on(name as "uncaughtException", other as () => void);
    });
  };
}
