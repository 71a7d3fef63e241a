import type { Context } from "../context.js";
export interface View { readonly host: string }
export async function collectView(_context: Context, host: string): Promise<View> { return { host }; }
