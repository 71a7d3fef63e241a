/** What may be said: every field of definitions, destinations and settings, read from the schema files beside this one. */
export { validateCollector, type CollectorBody, type CollectorVerdict } from "./collector.js";
export { validateDefinition, type Definition, type DefinitionOptions, type DefinitionVerdict } from "./definition.js";
export { defaultDestinations, validateDestinations, type Destination, type DestinationsVerdict } from "./destinations.js";
export { parseDurationMs } from "./duration.js";
export { nearestKey } from "./nearest-key.js";
export { canonicalType, DESTINATION_TYPES, SOURCE_TYPES, type DestinationType } from "./registry.js";
export { HISTORY_DAYS } from "./rules.js";
export { isReference, joinSecrets, MASK, separateSecrets, type SeparatedConfig } from "./secrets.js";
export { expectationOf, problemsOf, type Problem, type SentenceOptions } from "./sentences.js";
export { fieldsOf, requiredOf } from "./fields.js";
export { SCHEMA_FILES, schemaOf, type SchemaNode } from "./load.js";
