// Every page gets a file of its own at its address.
export async function pages(_folder) {}
