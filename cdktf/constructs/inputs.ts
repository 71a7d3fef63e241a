/** The Terraform variables: what is secret or changes from run to run. What changes the shape of the stack is in the settings file. */
import { TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { makeEphemeral } from "../overrides.js";

const GUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
const BASE64_32_BYTES = "^[A-Za-z0-9+/]{43}=$";
const DIGEST = "@sha256:[0-9a-f]{64}$";
const ACCESS_KEY_LENGTH_MIN = 20;
const PASSWORD_LENGTH_MIN = 16;

interface Rule {
  /** Terraform expression; true when the value is good. */
  readonly condition: string;
  /** Must not show the value. */
  readonly errorMessage: string;
}

export class Inputs extends Construct {
  readonly subscriptionId: TerraformVariable;
  readonly containerImage: TerraformVariable;
  /** Raised by one to write all secrets again. */
  readonly secretsVersion: TerraformVariable;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.subscriptionId = this.plain("subscription_id", "Azure subscription (GUID) that everything is created in.", matches("subscription_id", GUID, "subscription_id must be a GUID."));
    this.containerImage = this.plain(
      "container_image",
      "Image of the collector with its digest, such as registry.example.com/collector@sha256:...",
      matches("container_image", DIGEST, "container_image must end in a digest (@sha256: and 64 hexadecimal digits): a tag may mean another image tomorrow."),
    );
    this.secretsVersion = new TerraformVariable(this, "secrets_version", {
      type: "number",
      default: 1,
      description: "Raise it by one to write all secrets to the vault again.",
      validation: [{ condition: "${var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version}", errorMessage: "secrets_version must be a whole number from 1." }],
    });
    for (const variable of [this.subscriptionId, this.containerImage, this.secretsVersion]) variable.overrideLogicalId(variable.node.id);
  }

  /** A variable whose value Terraform forgets after the run. It has no default and must be given to plan and to apply. */
  secret(name: string, description: string, rule?: Rule): TerraformVariable {
    const variable = new TerraformVariable(this, name, { type: "string", sensitive: true, nullable: false, description, validation: [rule ?? filled(name)] });
    variable.overrideLogicalId(name);
    return makeEphemeral(variable);
  }

  private plain(name: string, description: string, rule: Rule): TerraformVariable {
    return new TerraformVariable(this, name, { type: "string", nullable: false, description, validation: [rule] });
  }
}

/** 32 random bytes in base64, as openssl rand -base64 32 writes them. */
export function isEncryptionKey(name: string): Rule {
  return matches(name, BASE64_32_BYTES, `${name} must be 32 bytes in base64: openssl rand -base64 32.`);
}

/** The JSON text of a destinations file: what is not one would end the service at its start. */
export function isDestinations(name: string): Rule {
  return { condition: `\${can(jsondecode(var.${name}).destinations[0].name)}`, errorMessage: `${name} must be the JSON text of a destinations file with at least one destination.` };
}

/** What the service takes as an access key (schema/settings.schema.json), and long. */
export function isAccessKey(name: string): Rule {
  return matches(name, `^[!-~]{${ACCESS_KEY_LENGTH_MIN},}$`, `${name} must have at least ${ACCESS_KEY_LENGTH_MIN} characters, and no spaces.`);
}

/** What PostgreSQL on Azure takes as the administrator's password: three of four kinds of characters; and long. */
export function isDatabasePassword(name: string): Rule {
  const kinds = ["[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"].map((kind) => `can(regex("${kind}", var.${name}))`);
  return {
    condition: `\${length(var.${name}) >= ${PASSWORD_LENGTH_MIN} && length(var.${name}) <= 128 && length([for has in [${kinds.join(", ")}] : has if has]) >= 3}`,
    errorMessage: `${name} must have ${PASSWORD_LENGTH_MIN} to 128 characters, of three kinds at least: small letters, capitals, digits, others.`,
  };
}

function filled(name: string): Rule {
  return { condition: `\${length(var.${name}) >= 1}`, errorMessage: `${name} must not be empty.` };
}

function matches(name: string, pattern: string, errorMessage: string): Rule {
  return { condition: `\${can(regex("${pattern}", var.${name}))}`, errorMessage };
}
