/** Terraform's base_url with and without its trailing slash leads to the one and the other (sumo-contract 1.2). */
export const API_PREFIXES = ["/api/v1", "/v1"] as const;
