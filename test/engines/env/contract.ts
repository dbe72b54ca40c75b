/**
 * The one contract suite of `Env`: every sentence of the comments in `engines/env` that a program can observe.
 * Both implementations run it, so a case awaits nothing but the environment itself (in a simulation no other
 * time passes), touches no clock, timer or randomness but the environment's, expects no luck from the network,
 * and takes short reads and writes as they come.
 */
import { describe } from "vitest";
import type { Env } from "#engines/env/index.js";
import { clockContract } from "./contract/clock.js";
import { envBasicsContract } from "./contract/basics.js";
import { fileContract } from "./contract/file.js";
import { namesContract } from "./contract/names.js";
import { networkContract } from "./contract/network.js";

/** Where the cases run. Both reject with whatever the body rejected with. */
export interface ContractHarness {
  /** Runs `body` in a new environment with an empty disk. */
  readonly run: (body: (env: Env) => Promise<void>) => Promise<void>;
  /** Runs `body` with two nodes of one cluster that can reach each other. */
  readonly runPair: (body: (a: Env, b: Env) => Promise<void>) => Promise<void>;
}

export function envContract(name: string, harness: ContractHarness): void {
  describe(`${name} keeps the contract`, () => {
    describe("env", () => envBasicsContract(harness));
    describe("clock", () => clockContract(harness));
    describe("names", () => namesContract(harness));
    describe("file", () => fileContract(harness));
    describe("network", () => networkContract(harness));
  });
}
