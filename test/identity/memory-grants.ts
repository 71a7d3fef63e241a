import type { Grant } from "../../service/ports.js";
import type { GrantStore } from "../../service/identity/grants.js";

/** A store of grants in memory that keeps a diary; `failing` names the method that throws next. */
export interface MemoryGrants extends GrantStore {
  readonly diary: string[];
  readonly claimed: Set<string>;
  readonly grants: Map<string, Grant>;
  failing: { readonly method: "saveGrant" | "grant" | "claimCode"; readonly thrown: unknown } | undefined;
}

export function memoryGrants(diary: string[] = []): MemoryGrants {
  const claimed = new Set<string>();
  const grants = new Map<string, Grant>();
  const store: MemoryGrants = {
    diary, claimed, grants, failing: undefined,
    async grant(key) {
      fail("grant");
      return grants.get(key);
    },
    async saveGrant(key, grant) {
      fail("saveGrant");
      diary.push(`save ${grant.refreshToken}`);
      grants.set(key, grant);
    },
    async claimCode(key) {
      fail("claimCode");
      diary.push("claim");
      if (claimed.has(key)) return false;
      claimed.add(key);
      return true;
    },
    async releaseCode(key) {
      diary.push("release");
      claimed.delete(key);
    },
  };
  function fail(method: string): void {
    if (store.failing?.method !== method) return;
    const { thrown } = store.failing;
    store.failing = undefined;
    throw thrown;
  }
  return store;
}
