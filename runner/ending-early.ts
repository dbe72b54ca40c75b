import type { Host } from "#sim/host.js";

/** The host, but its loop ends after the event in which `isOver` comes true. */
export function endingEarly(host: Host, isOver: () => boolean): Host {
  return {
    arm: (onViolation, onRejection) => host.arm(onViolation, onRejection),
    disarm: () => host.disarm(),
    loop: (step) => host.loop(() => !isOver() && step()),
  };
}
