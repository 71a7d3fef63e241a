/** Addresses, subjects and IP addresses of the mail flow: everything that JSON and SMTP allow and that has broken a collector. */
import type { Random } from "../ports.js";
import { guid, integer, pick } from "./seeded-random.js";

const SUBJECTS: readonly string[] = [
  "Quarterly report", "Re: invoice 2024-117", "Azure AD Identity Protection Weekly Digest", "Lunch?", "testmail 1",
  "PIM: A privileged directory role was assigned outside of PIM", "Fwd: Fwd: Re: minutes", "[EXTERNAL] Your order has shipped",
  "She said \"no\" and left", "C:\\temp\\new\\report.txt", "{\"json\":[1,2,3]}", "<b>bold</b> & <script>alert(1)</script>",
  "Überweisung für Jürgen: 12,50 €", "会議の議事録", "שלום עולם \u202e gnihsihp", "تقرير الربع الأول",
  "Party 🎉 at 8 👩‍👩‍👧‍👦", "line\u2028separator and \u2029paragraph", "tab\there, newline\nthere, return\rtoo",
  "bell \u0007, nul \u0000, escape \u001b[31mred", "2020-01-01T00:00:00Z was long ago, 23:59:59 too", "comma, semicolon; equals=",
  "trailing blank ", " leading blank", "e\u0301 decomposed", "half a pair \ud83d", "'; DROP TABLE rows; --", "%20 %00 %zz", "\ufeffbom first",
];
const NAMES: readonly string[] = [
  "adele.vance", "alex.wilber", "Dan.O'Connor", "Megan.Bowen", "lee+gu", "JONI.SHERMAN", "nestor_wilke", "o'neil", "pradeep.g",
  "reports", "support", "all-staff", "isaiah.langer", "lidia.h", "MiXeD.Case", "x",
];
const SENDER_DOMAINS: readonly string[] = [
  "fabrikam.example", "tailspin.example", "mail.northwind.example", "xn--bcher-kva.example", "microsoft.example", "Wingtip.Example",
];

/** Null (the reporting service shows null, Graph an empty string), empty, 256 characters long, or one of the awkward ones. */
export function drawSubject(random: Random): string | null {
  const kind = random();
  if (kind < 0.01) return null;
  if (kind < 0.02) return "";
  const subject = pick(random, SUBJECTS);
  // Cut at 256 UTF-16 units as the trace does: may halve a surrogate pair.
  return kind < 0.03 ? `${subject} 😀 `.repeat(40).slice(0, 256) : subject;
}

export function drawSender(random: Random): string {
  return `${pick(random, NAMES)}@${pick(random, SENDER_DOMAINS)}`;
}

/** Distinct recipients in one organisation, compared without case. */
export function drawRecipients(random: Random, organization: string, count: number): readonly string[] {
  const start = integer(random, 0, NAMES.length - 1);
  return Array.from({ length: count }, (_, i) => {
    const name = NAMES[(start + i) % NAMES.length]!;
    const round = Math.floor(i / NAMES.length);
    return `${round === 0 ? name : `${name}${round}`}@${organization}`;
  });
}

export function drawMessageId(random: Random): string | null {
  const kind = random();
  if (kind < 0.005) return null;
  const unique = guid(random);
  return kind < 0.3 ? `<${unique.replaceAll("-", "").toUpperCase()}@GVAP278MB0375.CHEP278.PROD.OUTLOOK.COM>` : `<${unique}@mail.fabrikam.example>`;
}

/** IPv4, IPv6, or nothing (mail sent from Exchange Online itself). */
export function drawIP(random: Random): string | null {
  const kind = random();
  if (kind < 0.1) return null;
  if (kind < 0.3) return `2001:db8:${Array.from({ length: 6 }, () => integer(random, 0, 65535).toString(16)).join(":")}`;
  return `203.0.113.${integer(random, 1, 254)}`;
}
