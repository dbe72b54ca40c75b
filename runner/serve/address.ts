/** Addresses as people type them. */
import type { Address } from "#engines/env/node/index.js";
import { UsageError } from "../errors.js";
import { parseInteger } from "../input/integer.js";

const MAX_PORT = 65_535;
const NAME = /^[\w.-]{1,64}$/;

/** `HOST:PORT`, with brackets around an IPv6 address. Throws `UsageError`; `where` names the option. */
export function parseAddress(where: string, text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) {
    throw new UsageError(where, "HOST:PORT", JSON.stringify(text), "write it as 127.0.0.1:7001");
  }
  return { host, port: parseInteger(where, match![3]!, 0, MAX_PORT) };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `NAME=HOST:PORT,...`, at least one, each name and each address once. Throws `UsageError`; `where` names the option. */
export function parseServers(where: string, text: string): ReadonlyMap<string, Address> {
  const servers = new Map<string, Address>();
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const name = part.slice(0, Math.max(at, 0));
    if (!NAME.test(name)) {
      const todo = "write it as n1=127.0.0.1:7001,n2=127.0.0.1:7002";
      throw new UsageError(where, "NAME=HOST:PORT, more of them behind commas", JSON.stringify(part), todo);
    }
    if (servers.has(name)) throw new UsageError(where, "each server once", `${name} twice`, "leave one out");
    const address = parseAddress(where, part.slice(at + 1));
    const other = [...servers].find(([, taken]) => isSame(taken, address));
    if (other !== undefined) {
      const found = `${formatAddress(address)} for both ${other[0]} and ${name}`;
      throw new UsageError(where, "an address of its own for each server", found, "mend one of them");
    }
    servers.set(name, address);
  }
  return servers;
}

/** Port 0 is no address yet: each gets another port. */
function isSame(a: Address, b: Address): boolean {
  return a.port !== 0 && a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase();
}
