import { describe, expect, test } from "vitest";
import { formatAddress, parseAddress, parseServers } from "#runner/serve/index.js";

describe("an address", () => {
  test.each([
    ["127.0.0.1:7001", { host: "127.0.0.1", port: 7001 }],
    ["db-1.example:0", { host: "db-1.example", port: 0 }],
    ["[::1]:65535", { host: "::1", port: 65_535 }],
  ])("%s is read and written", (text, address) => {
    expect(parseAddress("--listen", text)).toEqual(address);
    expect(formatAddress(address)).toBe(text);
  });

  test.each([
    "",
    "7001",
    "localhost",
    "localhost:",
    ":7001",
    "::1:7001",
    "[::1]",
    "host:65536",
    "host:-1",
    "h:1e3",
  ])("%j is refused", (text) => {
    expect(() => parseAddress("--listen", text)).toThrow(expect.objectContaining({ code: "USAGE" }) as Error);
  });
});

describe("a list of servers", () => {
  test("is read in its order", () => {
    const servers = parseServers("--peers", "n2=127.0.0.1:2,n1=[::1]:1");
    expect([...servers]).toEqual([
      ["n2", { host: "127.0.0.1", port: 2 }],
      ["n1", { host: "::1", port: 1 }],
    ]);
  });

  test("may leave every port open", () => {
    expect(parseServers("--peers", "n1=h:0,n2=h:0").size).toBe(2);
    expect(parseServers("--peers", "n1=h:1,n2=g:1,n3=h:2").size).toBe(3);
  });

  test("gives no two the same address", () => {
    expect(() => parseServers("--peers", "n1=h:1,n2=h:2,n3=H:1")).toThrow(/H:1 for both n1 and n3/);
  });

  test.each(["", "n1", "=h:1", "n1=h:1,", "n1=h:1,n1=h:2", "n 1=h:1", "n1=h"])("%j is refused", (text) => {
    expect(() => parseServers("--peers", text)).toThrow(expect.objectContaining({ code: "USAGE" }) as Error);
  });
});
