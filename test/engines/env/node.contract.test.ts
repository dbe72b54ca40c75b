import { envContract } from "./contract.js";
import { nodeHarness } from "./node-harness.js";

envContract("node, inline", nodeHarness({ sync: "inline", read: "inline" }));
envContract("node, threadpool", nodeHarness({ sync: "threadpool", read: "threadpool" }));
