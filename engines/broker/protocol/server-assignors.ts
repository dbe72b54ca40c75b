/** How a coordinator can share out partitions where it is the one that assigns (KIP-848). */
export type ServerAssignor = "uniform" | "range";

export const SERVER_ASSIGNORS: readonly ServerAssignor[] = ["uniform", "range"];

export function isServerAssignor(name: string): name is ServerAssignor {
  return (SERVER_ASSIGNORS as readonly string[]).includes(name);
}
