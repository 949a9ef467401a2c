/** The command that sends one record again. */
import { shellWord } from "../report/figures.ts";

/** A shell line; positions are told from ids by `--ids`. A new run each time, since a stored answer is never sent again. */
export function sendAgain(position: string, target: string, configFile: string | undefined): string {
  const config = configFile === undefined || configFile === "cutover.yaml" ? "" : ` --config ${shellWord(configFile)}`;
  return `echo ${shellWord(position)} | cutover${config} replay --target ${shellWord(target)} --ids - --fresh`;
}
