/** Names of Azure's own APIs, by which a managed identity's tokens are asked for. */

/** What a federated credential at Microsoft Entra expects as the audience of the identity's token. */
export const FEDERATION_RESOURCE = "api://AzureADTokenExchange";

/** Azure's clouds, by the end of their host names (learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure, .../azure/china). */
const CLOUDS = [
  { suffix: ".usgovcloudapi.net", vault: "https://vault.usgovcloudapi.net", database: "https://ossrdbms-aad.database.usgovcloudapi.net" },
  { suffix: ".chinacloudapi.cn", vault: "https://vault.azure.cn", database: "https://ossrdbms-aad.database.chinacloudapi.cn" },
  { suffix: ".azure.cn", vault: "https://vault.azure.cn", database: "https://ossrdbms-aad.database.chinacloudapi.cn" },
] as const;
const GLOBAL = { vault: "https://vault.azure.net", database: "https://ossrdbms-aad.database.windows.net" } as const;

/** The resource of the vault or the database of this host. */
export function resourceOf(api: "vault" | "database", host: string): string {
  return (CLOUDS.find(({ suffix }) => host.toLowerCase().endsWith(suffix)) ?? GLOBAL)[api];
}
