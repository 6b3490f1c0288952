// Files whose name has their hash never change: they are compressed once, here, as well as can be.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** A name with a hash as Trunk makes them: `chat-3e8efef9417fcebd.css`. Leading zeros are left out. */
const HASHED = /-[0-9a-f]{12,16}(_bg)?\.(js|wasm|css|svg)$/;

export async function compress(folder) {
  for (const name of await readdir(folder)) {
    if (!HASHED.test(name)) continue;
    const path = join(folder, name);
    const bytes = await readFile(path);
    const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
    await writeFile(`${path}.br`, brotliCompressSync(bytes, options));
    await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  }
}
