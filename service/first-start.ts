/** What the first start tells its operator, once. */
import type { AccessKey } from "./web/access-keys.js";

/** The access key and the line that posts a first definition. */
export function firstStart(url: string, { accessId, accessKey }: AccessKey): string {
  const definition = {
    schemaRef: { type: "MS Exchange Trace Logs" },
    sourceType: "Universal",
    config: { name: "message-trace", clientID: "<application id>", tenantID: "<tenant id>", clientSecret: "<client secret>", pollingIntervalMin: "5m" },
  };
  return `
This is the first start. The access key is shown now and never again; only its hash is kept.

  access id   ${accessId}
  access key  ${accessKey}

Post a first definition (docs/setup-microsoft.md says where the three values come from):

  curl -u ${accessId}:${accessKey} -H 'Content-Type: application/json' ${url}/api/v1/sources \\
    -d '${JSON.stringify(definition)}'

Status page: ${url}/

`;
}
