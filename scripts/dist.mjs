// What is left to do once Trunk has built the site, in the folder that becomes dist/. Trunk runs it
// (Trunk.toml); each step has a file of its own.
import { argv, env, exit } from "node:process";
import { compress } from "./dist/compress.mjs";
import { embed } from "./dist/embed.mjs";
import { markdown } from "./dist/markdown.mjs";
import { pages } from "./dist/pages.mjs";
import { program } from "./dist/program.mjs";
import { socketio } from "./dist/socketio.mjs";
import { styles } from "./dist/styles.mjs";

const folder = env.TRUNK_STAGING_DIR ?? argv[2];
if (!folder) {
  console.error("dist.mjs: which folder? Trunk tells by TRUNK_STAGING_DIR; by hand: node scripts/dist.mjs dist");
  exit(2);
}
const release = env.TRUNK_PROFILE === "release";

if (release) await program(folder);
await embed(folder, await styles(folder));
await markdown(folder, release);
await pages(folder);
await socketio(folder);
if (release) await compress(folder);
