#!/usr/bin/env node
import { commandEnded, watchEnding } from "./ending.js";
import { main } from "./program.js";

watchEnding();
// Not awaited at the top level: Node would have its own words for a command that never ends.
void main(process.argv.slice(2)).finally(commandEnded);
