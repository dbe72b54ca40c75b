/** `--inspect-brk` under a real debugger: it stops before the event, and stepping into leads to the engine's code. */
import { expect, test } from "vitest";
import { startCli } from "../support/cli.js";
import { InspectorClient } from "../support/inspector.js";

const STEPS_MAX = 60;

interface Paused {
  readonly callFrames: readonly {
    readonly functionName: string;
    readonly location: { readonly scriptId: string };
  }[];
}

test("stops at the event, and steps into what handles it, also behind an await", async () => {
  const words = ["docs/examples/careless-log.mjs", "--seed", "0", "--at", "35", "--inspect-brk=0"];
  const { child, result } = startCli(["replay", ...words]);
  const url = await inspectorUrl(child.stderr!);
  const scripts = new Map<string, string>();
  const stack: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const opening = InspectorClient.open(url, (method, params) => {
      void opening.then((client) => {
        if (method === "Debugger.scriptParsed")
          scripts.set(String(params["scriptId"]), String(params["url"]));
        if (method !== "Debugger.paused") return;
        const [frame] = (params as unknown as Paused).callFrames;
        stack.push(`${scripts.get(frame!.location.scriptId) ?? ""} ${frame!.functionName}`);
        if (!stack.at(-1)!.includes("careless-log.mjs") && stack.length < STEPS_MAX) {
          client.send("Debugger.stepInto");
          return;
        }
        client.send("Debugger.disable");
        // Node 20 may crash where the debugger goes away in the moment in which the program goes on.
        setTimeout(() => client.close(), 500);
        resolve();
      });
    });
    opening.then((client) => {
      client.send("Runtime.enable");
      client.send("Debugger.enable");
      client.send("Runtime.runIfWaitingForDebugger");
    }, reject);
  });
  expect(stack[0]).toContain("travel/breakpoint.js");
  expect(stack.some((place) => place.includes("sim/world.js"))).toBe(true);
  expect(stack.at(-1)).toContain("careless-log.mjs");
  const { code, out, err } = await result;
  expect(err).toContain("event 35 at 0.001925s on n1: clock/sleep");
  expect(out).toContain("seed 0  failed  trace 6e08eb8cb98232d9");
  expect(code).toBe(1);
});

function inspectorUrl(stderr: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    stderr.on("data", (data: Buffer) => {
      text += data.toString();
      const url = /ws:\/\/\S+/.exec(text);
      if (url !== null) resolve(url[0]);
    });
  });
}
