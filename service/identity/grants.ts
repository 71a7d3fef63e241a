import { createHash } from "node:crypto";
import { asFault, Fault } from "../core/fault.js";
import type { Credentials, Grant, Store } from "../ports.js";
import type { Proof, Tokens } from "./token-request.js";

export type GrantStore = Pick<Store, "grant" | "saveGrant" | "claimCode" | "releaseCode">;
export type AskForTokens = (proof: Proof) => Promise<Tokens>;

/** Name of the grant that an authorization code gives: the code itself is not kept anywhere. */
export function grantKeyOf({ tenantId, clientId }: Credentials, code: string): string {
  const parts = [tenantId.toLowerCase(), clientId.toLowerCase(), code];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/**
 * Redeems authorization codes once, ever, and turns over the refresh tokens that came of them.
 *
 * The code is claimed in the store before it is sent, because a second use makes Microsoft doubt the app (AADSTS54005) and
 * Terraform sends the old code again with every update. The claim is given back only when nothing was sent. A new refresh
 * token is durable before the access token that came with it is handed out.
 */
export class Grants {
  readonly #store: GrantStore;
  /** Last user of each grant: its next one waits, also when it wants a token for another audience. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Refresh tokens that could not be saved yet. */
  readonly #unsaved = new Map<string, Grant>();
  /** What came of codes that gave no grant, for the detail of the faults that follow. */
  readonly #outcomes = new Map<string, string>();

  constructor(store: GrantStore) {
    this.#store = store;
  }

  /** Tokens by the stored refresh token, or by the code when there is none. Throws Fault code-used, and what `ask` and the store throw. */
  async tokens(key: string, code: string, ask: AskForTokens): Promise<Tokens> {
    const before = this.#turns.get(key);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return this.#exchange(key, code, ask);
    })();
    this.#turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  async #exchange(key: string, code: string, ask: AskForTokens): Promise<Tokens> {
    const unsaved = this.#unsaved.get(key);
    if (unsaved) await this.#save(key, unsaved);
    const grant = await this.#store.grant(key);
    const tokens = grant ? await ask({ kind: "refresh", refreshToken: grant.refreshToken }) : await this.#redeem(key, code, ask);
    if (tokens.refreshToken !== undefined && tokens.refreshToken !== grant?.refreshToken) {
      await this.#save(key, { refreshToken: tokens.refreshToken });
    }
    return tokens;
  }

  async #redeem(key: string, code: string, ask: AskForTokens): Promise<Tokens> {
    if (!(await this.#store.claimCode(key))) {
      const outcome = this.#outcomes.get(key);
      throw new Fault("code-used", outcome === undefined ? {} : { detail: `when it was sent: ${outcome}` });
    }
    try {
      const tokens = await ask({ kind: "code", code });
      if (tokens.refreshToken === undefined) this.#outcomes.set(key, "Microsoft gave no refresh token with the access token");
      return tokens;
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === "unreachable") await this.#store.releaseCode(key);
      else this.#outcomes.set(key, asFault(thrown).message);
      throw thrown;
    }
  }

  async #save(key: string, grant: Grant): Promise<void> {
    // Remembered until it is durable: a full disk must not cost the consent.
    this.#unsaved.set(key, grant);
    await this.#store.saveGrant(key, grant);
    this.#unsaved.delete(key);
  }
}
