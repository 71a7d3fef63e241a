/** The command line as a whole: one file per command; this one only lists them. */
import { Command } from "commander";
import { VERSION } from "../version.js";

type Add = (program: Command) => void;

const addDemo = async (): Promise<Add> => (await import("./demo.js")).addDemo;
const addEmulator = async (): Promise<Add> => (await import("./emulator.js")).addEmulator;
const addLook = async (): Promise<Add> => (await import("./look.js")).addLook;
const addOperate = async (): Promise<Add> => (await import("./operate.js")).addOperate;
const addValidate = async (): Promise<Add> => (await import("./validate.js")).addValidate;
const addPlan = async (): Promise<Add> => (await import("./plan.js")).addPlan;
const addApply = async (): Promise<Add> => (await import("./plan.js")).addApply;
const addExport = async (): Promise<Add> => (await import("./export.js")).addExport;
const addKeys = async (): Promise<Add> => (await import("./keys.js")).addKeys;
const addTail = async (): Promise<Add> => (await import("./tail.js")).addTail;

/** By what makes them. A check in CI shall not wait for the parts of the service: what is asked for is loaded alone. */
const COMMANDS = new Map<() => Promise<Add>, readonly string[]>([
  [addDemo, ["demo"]],
  [addEmulator, ["emulator"]],
  [addLook, ["sources", "status", "coverage"]],
  [addOperate, ["backfill", "pause", "resume", "restart", "rewind", "give-up"]],
  [addKeys, ["keys"]],
  [addTail, ["tail"]],
  [addValidate, ["validate"]],
  [addPlan, ["plan"]],
  [addApply, ["apply"]],
  [addExport, ["export"]],
]);

const HELP = `
Where the collector is and who asks: COLLECTOR_URL, COLLECTOR_ACCESS_ID, COLLECTOR_ACCESS_KEY, or the options of each command.
Exit code: 0 done, 1 an error, which standard error tells; "plan" ends with 2 when there are changes.

Examples:
  collector demo                          # see it work, no account needed
  collector validate ./config-repo        # check a configuration repository, offline
  collector sources                       # what a running collector does
  collector help backfill                 # every command has examples`;

/** The program with the command of this name, or with all when it is none. */
export async function loadProgram(asked?: string): Promise<Command> {
  const program = new Command("collector")
    .description("Collects Microsoft 365 message trace rows: now and complete.")
    .version(VERSION)
    .showHelpAfterError()
    .configureHelp({ sortSubcommands: true })
    .addHelpText("after", HELP);
  const wanted = [...COMMANDS].filter(([, names]) => names.includes(asked ?? ""));
  for (const [load] of wanted.length > 0 ? wanted : COMMANDS) (await load())(program);
  return program;
}
