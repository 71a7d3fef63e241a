import type { View } from "./view.js";
export function statusPage(_view: View): string { return "<!doctype html>"; }
