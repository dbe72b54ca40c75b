// npx sets the run bit only when it links the package, so a checkout's own build has to.
import { chmodSync } from "node:fs";

chmodSync(new URL("../dist/cli/main.js", import.meta.url), 0o755);
