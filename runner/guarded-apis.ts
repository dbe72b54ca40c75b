/** Which functions of the host the guard wraps, and how. */
import { createRequire, syncBuiltinESMExports } from "node:module";

type AnyFunction = (...args: never[]) => unknown;

/** Called before every guarded function, with its name and the wrapper, whose caller it may look for. */
export type Check = (what: string, wrapper: AnyFunction) => void;

/** Wraps every function that brings time or randomness from outside, or ends the process under the world. To be called once a process. */
export function installGuards(check: Check): void {
  const builtin = createRequire(import.meta.url);
  const timers = builtin("node:timers") as object;
  const timerPromises = builtin("node:timers/promises") as { scheduler: object };
  const crypto = builtin("node:crypto") as object;

  wrapDate(check);
  wrap(Math, "Math", ["random"], check);
  wrap(Object.getPrototypeOf(performance) as object, "performance", ["now"], check);
  wrap(
    Object.getPrototypeOf(globalThis.crypto) as object,
    "crypto",
    ["getRandomValues", "randomUUID"],
    check,
  );
  wrap(crypto, "crypto", ["randomBytes", "randomInt", "randomUUID", "randomFill", "randomFillSync"], check);
  wrap(globalThis, "", ["setTimeout", "setInterval", "setImmediate"], check);
  wrap(timers, "timers", ["setTimeout", "setInterval", "setImmediate"], check);
  wrap(timerPromises, "timers/promises", ["setTimeout", "setInterval", "setImmediate"], check);
  wrap(Object.getPrototypeOf(timerPromises.scheduler) as object, "scheduler", ["wait", "yield"], check);
  wrap(process.hrtime, "process.hrtime", ["bigint"], check);
  wrap(process, "process", ["hrtime", "nextTick", "uptime", "exit"], check);
  // Named ESM imports of builtins are copies of the CommonJS exports; this copies them again.
  syncBuiltinESMExports();
}

function wrap(holder: object, label: string, names: readonly string[], check: Check): void {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name)!;
    const what = label === "" ? name : `${label}.${name}`;
    Object.defineProperty(holder, name, {
      ...descriptor,
      value: guarded(descriptor.value as AnyFunction, what, check),
    });
  }
}

/** The function behind a check, with everything else that hangs on it (`hrtime.bigint`, `promisify.custom`). */
function guarded(original: AnyFunction, what: string, check: Check): AnyFunction {
  const wrapper = function (this: unknown, ...args: never[]): unknown {
    check(what, wrapper);
    return Reflect.apply(original, this, args);
  };
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key)!;
    if (key === "prototype") continue;
    if (typeof key === "symbol" && descriptor.get !== undefined) {
      const promisified = (original as unknown as Record<symbol, AnyFunction>)[key]!;
      Object.defineProperty(wrapper, key, { value: guarded(promisified, what, check), configurable: true });
    } else Object.defineProperty(wrapper, key, descriptor);
  }
  return wrapper;
}

/** `Date` as a whole: parsing depends on the time zone, and without arguments it reads the clock. */
function wrapDate(check: Check): void {
  wrap(Date, "Date", ["now", "parse"], check);
  // The traps are what stands on the stack under the caller.
  const apply = (target: DateConstructor, self: unknown, args: never[]): unknown => {
    check("Date", apply);
    return Reflect.apply(target, self, args);
  };
  const construct = (target: DateConstructor, args: never[], newTarget: AnyFunction): object => {
    check("Date", construct);
    return Reflect.construct(target, args, newTarget) as object;
  };
  const guardedDate = new Proxy(Date, { apply, construct });
  const descriptor = { value: guardedDate, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(globalThis, "Date", descriptor);
  const prototype: object = Date.prototype;
  Object.defineProperty(prototype, "constructor", descriptor);
}
