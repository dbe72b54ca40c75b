/** `--inspect-brk` under a real debugger: it stops before the event, and stepping into leads to the engine's code. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startCli, type RunningCli } from "../support/cli.js";
import { InspectorClient } from "../support/inspector.js";
import { within } from "../support/within.js";

const STEPS_MAX = 60;
const RESUME_INTERVAL_MS = 1_000;
const CAME_TO_REST_MS = 500;

interface Paused {
  readonly callFrames: readonly {
    readonly functionName: string;
    readonly location: { readonly scriptId: string };
  }[];
}

test("stops at the event, and steps into what handles it, also behind an await", async () => {
  const words = ["docs/examples/careless-log.mjs", "--seed", "0", "--at", "35", "--inspect-brk=0"];
  const running = startCli(["replay", ...words]);
  try {
    const stack = await stepInto("careless-log.mjs", await InspectorClient.open(await inspectorUrl(running)));
    expect(stack[0]).toContain("travel/breakpoint.js");
    expect(stack.some((place) => place.includes("sim/world.js"))).toBe(true);
    expect(stack.at(-1)).toContain("careless-log.mjs");
    const { code, out, err } = await running.result;
    expect(err).toContain("event 35 at 0.001925s on n1: clock/sleep");
    expect(out).toContain("seed 0  failed  trace 6e08eb8cb98232d9");
    expect(code).toBe(1);
  } finally {
    running.child.kill("SIGKILL");
  }
});

/** Lets the program go on to its `debugger`, and steps until it is in `file`. Gives the places of all stops. */
async function stepInto(file: string, client: InspectorClient): Promise<string[]> {
  const scripts = new Map<string, string>();
  const stack: string[] = [];
  client.send("Runtime.enable");
  client.send("Debugger.enable");
  // Node itself forgets the first one where that comes in before the wait for it has begun.
  const resume = (): void => client.send("Runtime.runIfWaitingForDebugger");
  resume();
  const resuming = setInterval(resume, RESUME_INTERVAL_MS);
  try {
    for (;;) {
      const { method, params } = await client.next();
      if (method === "Debugger.scriptParsed") scripts.set(String(params["scriptId"]), String(params["url"]));
      if (method !== "Debugger.paused") continue;
      clearInterval(resuming);
      const [frame] = (params as unknown as Paused).callFrames;
      stack.push(`${scripts.get(frame!.location.scriptId) ?? ""} ${frame!.functionName}`);
      if (stack.at(-1)!.includes(file) || stack.length >= STEPS_MAX) break;
      client.send("Debugger.stepInto");
    }
    client.send("Debugger.disable");
    // Node 20 may crash where the debugger goes away in the moment in which the program goes on.
    await sleep(CAME_TO_REST_MS);
    return stack;
  } finally {
    clearInterval(resuming);
    client.close();
  }
}

async function inspectorUrl({ child, result }: RunningCli): Promise<string> {
  let said = "";
  const told = new Promise<string>((resolve) => {
    child.stderr!.on("data", (data: Buffer) => {
      said += data.toString();
      // The space behind it: it may come in pieces.
      const url = /(ws:\/\/\S+)\s/.exec(said);
      if (url !== null) resolve(url[1]!);
    });
  });
  const ended = result.then(({ code }) => {
    throw new Error(`ended with ${code} before it waited for a debugger: ${said}`);
  });
  return within(() => `the inspector's URL; it said: ${said}`, Promise.race([told, ended]));
}
