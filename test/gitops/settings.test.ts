/** COLLECTOR_CONFIG_*: what it means, and each mistake with its sentence. */
import assert from "node:assert/strict";
import { readSettings, SettingsError } from "../../service/settings.js";

const REPO = "https://github.com/example/config.git";
const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----";

describe("settings of configuration from files", () => {
  it("are off by default, and have defaults when on", () => {
    assert.equal(readSettings({}).config, undefined);
    assert.deepEqual(readSettings({ COLLECTOR_CONFIG_REPO: REPO }).config, { from: { kind: "repository", url: REPO, branch: "main", path: "" }, intervalMs: 60_000, prune: false, graceMs: 24 * 3_600_000 });
    assert.deepEqual(readSettings({ COLLECTOR_CONFIG_DIR: "/etc/c" }).config, { from: { kind: "folder", path: "/etc/c" }, intervalMs: 5000, prune: false, graceMs: 24 * 3_600_000 });
  });

  it("take all of it, secrets from files", () => {
    const files: Readonly<Record<string, string>> = { "/run/key": `${KEY}\n`, "/run/hook": "a-long-enough-secret\n" };
    const { config } = readSettings({
      COLLECTOR_CONFIG_REPO: "git@example.com:team/config.git", COLLECTOR_CONFIG_BRANCH: "live/eu", COLLECTOR_CONFIG_PATH: "collector/", COLLECTOR_CONFIG_INTERVAL_SECONDS: "10", COLLECTOR_CONFIG_ENVIRONMENT: "test",
      COLLECTOR_CONFIG_PRUNE: "true", COLLECTOR_CONFIG_GRACE_HOURS: "0", COLLECTOR_CONFIG_SSH_KEY_FILE: "/run/key", COLLECTOR_CONFIG_WEBHOOK_SECRET_FILE: "/run/hook",
    }, (path) => files[path]!);
    assert.deepEqual(config, {
      from: { kind: "repository", url: "git@example.com:team/config.git", branch: "live/eu", path: "collector", sshKey: KEY },
      intervalMs: 10_000, environment: "test", prune: true, graceMs: 0, webhookSecret: "a-long-enough-secret",
    });
  });

  it("take token and ssh key by reference, with and without spaces", () => {
    const from = (more: Readonly<Record<string, string>>) => readSettings(more).config!.from;
    assert.deepEqual(from({ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_TOKEN: '{"secretRef": "keyvault:config-token"}' }), { kind: "repository", url: REPO, branch: "main", path: "", token: { secretRef: "keyvault:config-token" } });
    assert.deepEqual(from({ COLLECTOR_CONFIG_REPO: "git@example.com:x.git", COLLECTOR_CONFIG_SSH_KEY: '{"secretRef":"file:/run/key"}' }), { kind: "repository", url: "git@example.com:x.git", branch: "main", path: "", sshKey: { secretRef: "file:/run/key" } });
    assert.deepEqual(from({ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_TOKEN: "ghp_x" }), { kind: "repository", url: REPO, branch: "main", path: "", token: "ghp_x" });
  });

  const wrong: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_DIR: "/x" }, /COLLECTOR_CONFIG_DIR and COLLECTOR_CONFIG_REPO are both set/],
    [{ COLLECTOR_CONFIG_PRUNE: "true" }, /COLLECTOR_CONFIG_PRUNE is set, but neither/],
    [{ COLLECTOR_CONFIG_REPO: "https://user:hush-hush@example.com/x.git" }, /COLLECTOR_CONFIG_REPO is .*must be the address of a Git repository without password/],
    [{ COLLECTOR_CONFIG_REPO: "http://example.com/x.git" }, /COLLECTOR_CONFIG_REPO/],
    [{ COLLECTOR_CONFIG_REPO: "--upload-pack=evil" }, /COLLECTOR_CONFIG_REPO/],
    [{ COLLECTOR_CONFIG_REPO: "ext::sh -c evil" }, /COLLECTOR_CONFIG_REPO/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_BRANCH: "--force" }, /COLLECTOR_CONFIG_BRANCH/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_PATH: "a/../../b" }, /COLLECTOR_CONFIG_PATH/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_SSH_KEY: KEY }, /COLLECTOR_CONFIG_SSH_KEY is for a repository by ssh/],
    [{ COLLECTOR_CONFIG_REPO: "git@example.com:x.git", COLLECTOR_CONFIG_TOKEN: "hush-hush" }, /COLLECTOR_CONFIG_TOKEN is for a repository by https/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_TOKEN: '{"secretRef":"vault:hush-hush"}' }, /COLLECTOR_CONFIG_TOKEN begins as a reference, but is none: write .*keyvault:NAME/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_TOKEN: '{"secretRef":"env:COLLECTOR_HUSH"}' }, /COLLECTOR_CONFIG_TOKEN begins as a reference, but is none/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_TOKEN: "{hush-hush}" }, /COLLECTOR_CONFIG_TOKEN begins as a reference, but is none/],
    [{ COLLECTOR_CONFIG_REPO: REPO, COLLECTOR_CONFIG_TOKEN: "hush hush-hush" }, /COLLECTOR_CONFIG_TOKEN must be .* is a secret and not shown/],
    [{ COLLECTOR_CONFIG_DIR: "/x", COLLECTOR_CONFIG_BRANCH: "main" }, /COLLECTOR_CONFIG_BRANCH is for COLLECTOR_CONFIG_REPO/],
    [{ COLLECTOR_CONFIG_DIR: "/x", COLLECTOR_CONFIG_PRUNE: "yes" }, /COLLECTOR_CONFIG_PRUNE is "yes", but must be "true" or "false"/],
    [{ COLLECTOR_CONFIG_DIR: "/x", COLLECTOR_CONFIG_WEBHOOK_SECRET: "hush-hush" }, /COLLECTOR_CONFIG_WEBHOOK_SECRET must be .* is a secret and not shown/],
  ];
  for (const [environment, message] of wrong) {
    it(`refuse ${JSON.stringify(environment)}`, () => {
      assert.throws(() => readSettings(environment), (thrown) => thrown instanceof SettingsError && message.test(thrown.message) && !thrown.message.includes("hush-hush"));
    });
  }
});
