/** The rare paths of a controller, for `mustReach`. */
export const CONTROLLER_MARKS = [
  "controller/image-served",
  "controller/preferred-elected",
  "controller/recovered-leader",
  "controller/session-expired",
  "controller/shutdown-waited",
  "controller/was-deaf",
] as const;

export type ControllerMark = (typeof CONTROLLER_MARKS)[number];
