import assert from "node:assert/strict";
import { hostsOf } from "../../service/sources/ms-exchange-trace-logs/clouds.js";

describe("clouds", () => {
  it("names the hosts of each cloud", () => {
    assert.equal(hostsOf("global").graph, "https://graph.microsoft.com");
    assert.equal(hostsOf("gcc-high").login, "https://login.microsoftonline.us");
    assert.equal(hostsOf("china").reportingAudience, "https://partner.outlook.cn");
  });

  it("replaces hosts, not audiences, and drops trailing slashes", () => {
    const hosts = hostsOf("global", { graph: "http://127.0.0.1:9000/", login: undefined });
    assert.equal(hosts.graph, "http://127.0.0.1:9000");
    assert.equal(hosts.login, "https://login.microsoftonline.com");
    assert.equal(hosts.graphAudience, "https://graph.microsoft.com");
  });
});
