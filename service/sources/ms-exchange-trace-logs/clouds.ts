import type { Cloud, MicrosoftHosts } from "../../ports.js";

/** Hosts that the operator puts in place of a cloud's own: for test doubles and proxies. Base URLs. */
export interface HostOverrides {
  readonly login?: string | undefined;
  readonly graph?: string | undefined;
  readonly reporting?: string | undefined;
}

/**
 * Login and Graph hosts: Microsoft Entra "national clouds" and Graph "deployments" pages. Reporting hosts outside the
 * global cloud are unofficial: a public script (GCC High), a support note (21Vianet); DoD's is Exchange Online's own host.
 * Which API a definition may use in which cloud is the schema's to say (schema/clouds.ts).
 */
const HOSTS: Readonly<Record<Cloud, MicrosoftHosts>> = {
  global: {
    login: "https://login.microsoftonline.com",
    graph: "https://graph.microsoft.com",
    reporting: "https://reports.office365.com",
    reportingAudience: "https://outlook.office365.com",
    graphAudience: "https://graph.microsoft.com",
  },
  "gcc-high": {
    login: "https://login.microsoftonline.us",
    graph: "https://graph.microsoft.us",
    reporting: "https://outlook.office365.us",
    reportingAudience: "https://outlook.office365.us",
    graphAudience: "https://graph.microsoft.us",
  },
  dod: {
    login: "https://login.microsoftonline.us",
    graph: "https://dod-graph.microsoft.us",
    reporting: "https://outlook-dod.office365.us",
    reportingAudience: "https://outlook-dod.office365.us",
    graphAudience: "https://dod-graph.microsoft.us",
  },
  china: {
    login: "https://login.partner.microsoftonline.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    reporting: "https://partner.outlook.cn",
    reportingAudience: "https://partner.outlook.cn",
    graphAudience: "https://microsoftgraph.chinacloudapi.cn",
  },
};

/**
 * Base URLs of a cloud, without trailing slash, with the operator's overrides in place. Audiences stay the cloud's own:
 * a token is asked for the API, wherever a proxy for it listens.
 */
export function hostsOf(cloud: Cloud, overrides: HostOverrides = {}): MicrosoftHosts {
  const own = HOSTS[cloud];
  return {
    ...own,
    login: baseUrl(overrides.login ?? own.login),
    graph: baseUrl(overrides.graph ?? own.graph),
    reporting: baseUrl(overrides.reporting ?? own.reporting),
  };
}

function baseUrl(url: string): string {
  let end = url.length;
  while (end > 0 && url[end - 1] === "/") end -= 1;
  return url.slice(0, end);
}
