/** What a program that measures itself is told, and what it answers. */
export interface ProgramResult {
  /** In the unit of the workload. */
  value: number;
  /** Processor time for each message, all threads, µs. */
  serverCost?: number;
}

/** What every program is given. */
export interface ProgramTask {
  seconds: number;
  /** How to start its peer: a command, to which the program adds one argument. Empty: it has none. */
  peer: string[];
}
