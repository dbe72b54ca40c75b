/** The commands of a session: their names, and what `help` says. */

export interface CommandHelp {
  readonly name: CommandName;
  readonly short: readonly string[];
  /** What may follow. */
  readonly takes: string;
  readonly does: string;
  /** Whether an empty line does it again. */
  readonly repeats?: true;
}

export type CommandName =
  | "step"
  | "back"
  | "continue"
  | "reverse"
  | "goto"
  | "break"
  | "delete"
  | "where"
  | "list"
  | "nodes"
  | "state"
  | "disk"
  | "faults"
  | "ops"
  | "help"
  | "quit";

export const COMMANDS: readonly CommandHelp[] = [
  {
    name: "step",
    short: ["s", "next", "n"],
    takes: "[NODE] [N]",
    does: "to the next event, of this node, N times",
    repeats: true,
  },
  { name: "back", short: ["b"], takes: "[NODE] [N]", does: "the same way back", repeats: true },
  {
    name: "continue",
    short: ["c"],
    takes: "[CONDITION]",
    does: "on to a break point, to this condition, or to the end",
    repeats: true,
  },
  { name: "reverse", short: ["r", "rc"], takes: "[CONDITION]", does: "the same way back", repeats: true },
  {
    name: "goto",
    short: ["g"],
    takes: "TIME | EVENT | start | end",
    does: "to the last event at or before this time; to this event",
  },
  { name: "break", short: ["br"], takes: "[CONDITION]", does: "sets a break point; without one: lists them" },
  { name: "delete", short: ["d"], takes: "N | all", does: "takes a break point away" },
  { name: "where", short: ["w"], takes: "", does: "the event, its message, its causes, what it did" },
  { name: "list", short: ["l"], takes: "[N]", does: "the last events up to here", repeats: true },
  { name: "nodes", short: [], takes: "", does: "who is up, and as what" },
  {
    name: "state",
    short: ["p", "print"],
    takes: "NODE [FIELD] | all",
    does: "a node's clock, process and state; a field of it in full, such as log or peers.n2",
  },
  {
    name: "disk",
    short: [],
    takes: "NODE [FILE]",
    does: "its files: page cache against platter, and where they differ",
  },
  { name: "faults", short: ["f"], takes: "", does: "the faults that struck so far" },
  { name: "ops", short: ["o"], takes: "", does: "the clients' operations that are open" },
  { name: "help", short: ["h", "?"], takes: "[conditions]", does: "this; what conditions there are" },
  { name: "quit", short: ["q", "exit"], takes: "", does: "ends (also Ctrl-D)" },
];

/** The command called so. */
export function findCommand(word: string): CommandHelp | undefined {
  return COMMANDS.find(({ name, short }) => name === word || short.includes(word));
}

export function helpLines(): string[] {
  const rows = COMMANDS.map(({ name, short, takes, does }) => {
    const names = [name, ...short].join(", ");
    return [`${names}  ${takes}`.trimEnd(), does] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    ...rows.map(([left, does]) => `  ${left.padEnd(width)}  ${does}`),
    "An empty line repeats step, back, continue, reverse and list. Ctrl-C interrupts a long way.",
  ];
}

export const CONDITION_HELP: readonly string[] = [
  "  4711, #4711         the event with this id",
  "  1.5s                the first event at this time or after it",
  "  raft/role-changed   whatever has this name: a kind of event, effect or observation, a type of message,",
  "                      a mark, an invariant; raft/* for all that begin so",
  "  raft/leader         a node's status begins with this word from now on; leader alone does too",
  "  crash, fault        a fault of this kind strikes, or any; its id (see faults): this one",
  "  asked, answered     a client asks for something, or is answered",
  "  n2                  an event of this node",
  "  n2:leader           one of these names, on this node; also n2 becomes leader",
  "  n2.commit           a field of the node's state (see state) changes; n2.*: anything of it",
  "  n2.role=leader      it comes true; also != < <= > >=",
];
