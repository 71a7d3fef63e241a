/** The collector's state: PostgreSQL flexible server inside the network, without a password unless one is asked for. */
import { PostgresqlFlexibleServerActiveDirectoryAdministrator } from "@cdktf/provider-azurerm/lib/postgresql-flexible-server-active-directory-administrator/index.js";
import { PostgresqlFlexibleServerConfiguration } from "@cdktf/provider-azurerm/lib/postgresql-flexible-server-configuration/index.js";
import { PostgresqlFlexibleServerDatabase } from "@cdktf/provider-azurerm/lib/postgresql-flexible-server-database/index.js";
import { PostgresqlFlexibleServer, type PostgresqlFlexibleServerConfig } from "@cdktf/provider-azurerm/lib/postgresql-flexible-server/index.js";
import type { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import type { ITerraformDependable, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import type { DatabaseSettings } from "../environment-settings.js";
import type { Network } from "./network.js";
import { placeOf, type Surroundings } from "./surroundings.js";

export interface DatabaseProps extends Surroundings {
  readonly network: Network;
  readonly tenantId: string;
  readonly settings: DatabaseSettings;
  /** The app's identity, an Entra administrator of the server: it makes its own tables. */
  readonly identity: UserAssignedIdentity;
  /** With login password only. */
  readonly password?: { readonly value: TerraformVariable; readonly version: TerraformVariable };
}

/** Login that exists with login password only. */
const PASSWORD_LOGIN = "collectoradmin";

export class Database extends Construct {
  readonly server: PostgresqlFlexibleServer;
  readonly database: PostgresqlFlexibleServerDatabase;
  /** Name that the app logs in with. */
  readonly user: string;
  /** What has to exist before the app can log in. */
  readonly ready: readonly ITerraformDependable[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DatabaseProps,
  ) {
    super(scope, id);
    const { network, names, identity, password } = props;
    const { zone, linked } = network.linkZone("database", `${names.of("collector")}.private.postgres.database.azure.com`);
    this.server = new PostgresqlFlexibleServer(this, "Resource", {
      ...placeOf(props),
      ...this.sizing(),
      ...this.authentication(),
      name: names.databaseServer,
      delegatedSubnetId: network.database.id,
      privateDnsZoneId: zone.id,
      publicNetworkAccessEnabled: false,
      dependsOn: [linked, ...network.settled.database],
    });
    this.database = new PostgresqlFlexibleServerDatabase(this, "collector", {
      name: "collector",
      serverId: this.server.id,
      charset: "UTF8",
      collation: "en_US.utf8",
      lifecycle: { preventDestroy: props.protectData },
    });
    const tls = new PostgresqlFlexibleServerConfiguration(this, "tls", { name: "require_secure_transport", serverId: this.server.id, value: "on" });
    const administrators = this.administrators();
    this.user = password ? PASSWORD_LOGIN : identity.name;
    this.ready = [this.database, tls, ...administrators];
  }

  private sizing(): Pick<PostgresqlFlexibleServerConfig, "version" | "skuName" | "storageMb" | "autoGrowEnabled" | "backupRetentionDays" | "geoRedundantBackupEnabled" | "highAvailability" | "lifecycle"> {
    const { settings, protectData } = this.props;
    // Azure moves the server between zones at a failover and grows its storage by itself: neither may be taken back.
    const movedByAzure = ["zone", "storage_mb", ...(settings.zoneRedundant ? ["high_availability[0].standby_availability_zone"] : [])];
    return {
      version: settings.version,
      skuName: settings.sku,
      storageMb: settings.storageMb,
      autoGrowEnabled: true,
      backupRetentionDays: settings.backupDays,
      geoRedundantBackupEnabled: settings.geoBackup,
      ...(settings.zoneRedundant && { highAvailability: { mode: "ZoneRedundant" } }),
      lifecycle: { preventDestroy: protectData, ignoreChanges: movedByAzure },
    };
  }

  private authentication(): Pick<PostgresqlFlexibleServerConfig, "authentication" | "administratorLogin" | "administratorPasswordWo" | "administratorPasswordWoVersion"> {
    const { tenantId, password } = this.props;
    return {
      authentication: { activeDirectoryAuthEnabled: true, passwordAuthEnabled: password !== undefined, tenantId },
      ...(password && {
        administratorLogin: PASSWORD_LOGIN,
        administratorPasswordWo: password.value.stringValue,
        administratorPasswordWoVersion: password.version.numberValue,
      }),
    };
  }

  /** Azure changes administrators one at a time, hence the chain. */
  private administrators(): PostgresqlFlexibleServerActiveDirectoryAdministrator[] {
    const { group, tenantId, identity, settings, password } = this.props;
    const app = { objectId: identity.principalId, name: identity.name, type: "ServicePrincipal" };
    const wanted = [...(password ? [] : [{ id: "app_administrator", ...app }]), ...settings.administrators.map((person) => ({ id: `administrator_${person.objectId}`, ...person }))];
    const made: PostgresqlFlexibleServerActiveDirectoryAdministrator[] = [];
    for (const { id, objectId, name, type } of wanted) {
      const before = made.at(-1);
      made.push(
        new PostgresqlFlexibleServerActiveDirectoryAdministrator(this, id, {
          resourceGroupName: group.name,
          serverName: this.server.name,
          tenantId,
          objectId,
          principalName: name,
          principalType: type,
          ...(before && { dependsOn: [before] }),
        }),
      );
    }
    return made;
  }
}
