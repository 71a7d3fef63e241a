/** A branch of a Git repository, fetched by the git program through simple-git: https with a token, ssh with a key. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OriginFailed, type ConfigOrigin } from "../core/config-origin.js";
import type { ResolveSecret, Secret } from "../ports.js";
import { readConfigFolder } from "./config-folder.js";

export interface GitOriginSettings {
  /** https://…, ssh://…, user@host:path or file:///…; without password. */
  readonly url: string;
  readonly branch: string;
  /** Folder of the configuration within the repository; "" is its root. */
  readonly path: string;
  /** For https, as password of the user x-access-token (GitHub, GitLab, Azure DevOps take it so). */
  readonly token?: Secret;
  /** Private key for ssh, as text. */
  readonly sshKey?: Secret;
  /** Where the checkout is kept; emptied whenever something is wrong with it. */
  readonly folder: string;
  /** PATH, proxies and certificates of the process are handed on; nothing else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface GitOriginPorts {
  /** Asked at each fetch. */
  readonly resolveSecret: ResolveSecret;
  /** A fetch with it failed: it is read anew. */
  readonly secretRefused: (secret: Secret) => void;
}

/** With its secrets at hand, for one fetch. */
interface Unlocked extends Omit<GitOriginSettings, "token" | "sshKey"> {
  readonly token: string | undefined;
  readonly sshKey: string | undefined;
}

/** git is ended when it says nothing for so long. */
const SILENT_MS = 60_000;
const HANDED_ON = ["PATH", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];
const SAID_LENGTH_MAX = 400;

export function gitOrigin(settings: GitOriginSettings, { resolveSecret, secretRefused }: GitOriginPorts, wanted: (path: string) => boolean): ConfigOrigin {
  const { url, branch, path, folder } = settings;
  const resolve = async (secret: Secret | undefined) => (secret === undefined ? undefined : await resolveSecret(secret));
  const checkout = join(folder, "checkout");
  return {
    name: `${url} (${branch}${path === "" ? "" : `, ${path}`})`,
    unsteady: false,
    async fetch(signal) {
      const unlocked: Unlocked = { ...settings, token: await resolve(settings.token), sshKey: await resolve(settings.sshKey) };
      const revision = await checkOut(unlocked, checkout, signal).catch(async (thrown: unknown) => {
        // Whatever spoilt the checkout, the next attempt begins anew.
        await rm(checkout, { recursive: true, force: true }).catch(() => undefined);
        for (const secret of [settings.token, settings.sshKey]) if (secret !== undefined) secretRefused(secret);
        throw failed(thrown, unlocked);
      });
      return { revision, files: await readConfigFolder(join(checkout, path), wanted) };
    },
  };
}

/** One commit deep, whatever was there: a branch that was pushed by force is no special case. */
async function checkOut(settings: Unlocked, checkout: string, signal: AbortSignal): Promise<string> {
  await mkdir(checkout, { recursive: true, mode: 0o700 });
  // Loaded when it is used: a collector without a repository does not pay for it.
  const { simpleGit } = await import("simple-git");
  const environment = await environmentOf(settings);
  const git = simpleGit({
    baseDir: checkout,
    abort: signal,
    timeout: { block: SILENT_MS },
    trimmed: true,
    allowEnvironment: Object.keys(environment),
    // All of this is set by the code below, to be stricter than git is, and none of it by what a repository says.
    unsafe: { allowUnsafeSshCommand: true, allowUnsafeConfigEnvCount: true, allowUnsafeConfigPaths: true, allowUnsafeHooksPath: true, allowUnsafeProtocolOverride: true },
  }).env(environment);
  await git.raw(["init", "--quiet"]);
  await git.raw(["fetch", "--quiet", "--depth=1", "--no-tags", "--force", settings.url, `refs/heads/${settings.branch}`]);
  const revision = await git.raw(["rev-parse", "--verify", "FETCH_HEAD^{commit}"]);
  await git.raw(["checkout", "--quiet", "--force", "--detach", revision]);
  await git.raw(["clean", "--quiet", "-ffdx"]);
  return revision;
}

async function environmentOf(settings: Unlocked): Promise<Record<string, string>> {
  const handed = HANDED_ON.flatMap((name) => (settings.environment[name] === undefined ? [] : [[name, settings.environment[name]] as const]));
  return {
    ...Object.fromEntries(handed),
    // Nobody is there to answer a question, and nobody's own settings count.
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...configEnvironment(settings),
    ...(settings.sshKey === undefined ? {} : { GIT_SSH_COMMAND: await sshCommand(settings, settings.sshKey) }),
  };
}

/** Configuration by environment: a token on the command line could be read by every process of the machine. */
function configEnvironment({ url, token }: Unlocked): Record<string, string> {
  const pairs: (readonly [string, string])[] = [
    // A folder that another user owns is what a mounted repository is.
    ["safe.directory", "*"],
    ["core.hooksPath", "/dev/null"],
    ["core.symlinks", "false"],
    ["core.autocrlf", "false"],
    ["protocol.allow", "never"],
    ...["https", "http", "ssh", "file"].map((protocol) => [`protocol.${protocol}.allow`, "always"] as const),
  ];
  if (token !== undefined && /^https?:/.test(url)) {
    // For this host alone: a redirect elsewhere does not get it.
    pairs.push([`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`]);
  }
  const entries = pairs.flatMap(([key, value], index) => [[`GIT_CONFIG_KEY_${index}`, key], [`GIT_CONFIG_VALUE_${index}`, value]]);
  return { GIT_CONFIG_COUNT: String(pairs.length), ...Object.fromEntries(entries) };
}

/** ssh wants the key in a file of its own. The host's key is trusted when first seen, and must stay. */
async function sshCommand({ folder }: Unlocked, sshKey: string): Promise<string> {
  const keyFile = join(folder, "ssh-key");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(keyFile, `${sshKey.trimEnd()}\n`, { mode: 0o600 });
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const options = ["IdentitiesOnly=yes", "BatchMode=yes", "StrictHostKeyChecking=accept-new", `UserKnownHostsFile=${join(folder, "known_hosts")}`];
  return ["ssh", "-F", "/dev/null", "-i", quoted(keyFile), ...options.flatMap((option) => ["-o", quoted(option)])].join(" ");
}

function failed(thrown: unknown, { url, branch, token }: Unlocked): OriginFailed {
  if (thrown instanceof OriginFailed) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (/ENOENT.*git|spawn git/.test(text)) return new OriginFailed("the program git is not there: install it, or let another tool put the files into a folder and set COLLECTOR_CONFIG_DIR", { cause: thrown });
  const said = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !/^(?:Please make sure|and the repository exists)/.test(line)).join("; ");
  const masked = token === undefined ? said : said.replaceAll(token, "********");
  return new OriginFailed(`branch ${branch} of ${url} cannot be fetched: ${masked.slice(0, SAID_LENGTH_MAX)}`);
}
