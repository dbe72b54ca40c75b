/**
 * The command line: yargs commands, nothing else.
 *
 * What lives here: names, options and help texts, and the one place where errors become a line and an exit
 * code. What it promises: `--help` loads nothing but yargs and this folder; bad usage is one line on stderr
 * and exit code 2. What it does not: any work; each command imports its function from `runner/commands/` when
 * it is called.
 */
export { main } from "./program.js";
