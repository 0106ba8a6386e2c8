import { execFile } from "node:child_process";
import { chmodSync, chownSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireBinary } from "./find-binary.ts";
import { serverFolder, unprivilegedUser } from "./server-folder.ts";

const run = promisify(execFile);

export interface TlsFiles {
  /** To be removed by who asked for it. */
  readonly folder: string;
  /** Paths of a certificate for 127.0.0.1 and localhost, good for a day, and its key. */
  readonly cert: string;
  readonly key: string;
  /** The certificate's text: it is signed by itself, so it is its own CA. */
  readonly ca: string;
}

/** Makes a certificate that nobody knows. `user`: who is to read the key if this process is root; null: root. */
export async function makeTlsFiles(user: string | null = null): Promise<TlsFiles> {
  const openssl = requireBinary("openssl", "openssl");
  const owner = user === null ? null : unprivilegedUser(user, "nobody");
  const folder = serverFolder("tls", owner);
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await run(openssl, [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
    ...["-keyout", key, "-out", cert],
  ]);
  chmodSync(key, 0o600);
  if (owner !== null) for (const file of [cert, key]) chownSync(file, owner.uid, owner.gid);
  return { folder, cert, key, ca: readFileSync(cert, "utf8") };
}
