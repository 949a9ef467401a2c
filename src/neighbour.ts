/** Where the code of a thread stands: in the file beside the one that starts it. */

/** `name` without an ending: built, it is the `.js` that the module itself has. */
export function neighbour(module: string, name: string): URL {
  return new URL(`./${name}${module.slice(module.lastIndexOf("."))}`, module);
}
