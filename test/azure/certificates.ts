/** Certificates for tests, made by openssl when they are asked for: no key lies in the repository. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Why none can be made on this machine; undefined when they can. */
export function opensslObstacle(): string | undefined {
  return spawnSync("openssl", ["version"]).status === 0 ? undefined : "openssl is not on the PATH";
}

/** A self-signed certificate; `kind` is openssl's, `names` go into subjectAltName ("DNS:localhost,IP:127.0.0.1"). */
export function makeCertificate(kind: "rsa:2048" | "ec" = "rsa:2048", names = "DNS:collector.example"): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  try {
    const [keyPath, certificatePath] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const curve = kind === "ec" ? ["-pkeyopt", "ec_paramgen_curve:P-256"] : [];
    const made = spawnSync("openssl", ["req", "-x509", "-newkey", kind, ...curve, "-nodes", "-days", "2", "-subj", "/CN=collector test", "-addext", `subjectAltName=${names}`, "-keyout", keyPath, "-out", certificatePath], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr}`);
    return { certificate: readFileSync(certificatePath, "utf8"), key: readFileSync(keyPath, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
